//! Objects in a folder: whole and as announced, or not there.

mod support;

use std::{fs, path::Path};

use futures_util::{StreamExt, TryStreamExt, stream};
use support::{announced, avatar, body, key, lists_the_pictures_of_one_folder, noise};
use tempfile::TempDir;
use tertulia_model::{MediaType, Timestamp};
use tertulia_objects::{Announced, Content, Error, Found, Key, MAX_BYTES, Objects, Part, PutError, Shelf};

/// A body that breaks off.
#[derive(Debug)]
struct Interrupted;

fn objects() -> (TempDir, Objects) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let objects = Objects::on_disk(&folder.path().join("files")).expect("a folder can be made");
    (folder, objects)
}

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.extend(path.file_name().and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    found.sort();
    found
}

async fn content(objects: &Objects, key: &Key, part: Part) -> Result<Vec<u8>, Error> {
    Ok(objects.get(key, part).await?.collect().await?.to_vec())
}

#[tokio::test]
async fn what_is_put_is_got() {
    let (folder, objects) = objects();
    for (number, length) in [0, 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 5].into_iter().enumerate() {
        let (key, bytes) = (key(number), noise(length));

        objects.put(&key, &announced(&bytes), body(&bytes, 70_000)).await.unwrap();

        let found = objects.get(&key, Part::Whole).await.unwrap();
        assert_eq!((found.bytes, found.range.clone()), (length as u64, 0..length as u64));
        assert!(found.collect().await.unwrap() == bytes, "{length}");
    }
    assert!(files(folder.path()).iter().all(|name| !name.contains('#')));
}

#[tokio::test]
async fn a_part_is_got() {
    let (_folder, objects) = objects();
    objects.put(&key(1), &announced(b"0123456789"), body(b"0123456789", 3)).await.unwrap();

    let get = async |part| content(&objects, &key(1), part).await;
    assert_eq!(get(Part::Between(2..5)).await.unwrap(), b"234");
    assert_eq!(get(Part::Between(8..99)).await.unwrap(), b"89");
    assert_eq!(get(Part::From(7)).await.unwrap(), b"789");
    assert_eq!(get(Part::Last(2)).await.unwrap(), b"89");
    assert_eq!(get(Part::Last(99)).await.unwrap(), b"0123456789");
    for nothing in [Part::From(10), Part::Between(4..4), Part::Last(0)] {
        assert!(matches!(get(nothing).await, Err(Error::OutOfRange { bytes: 10 })));
    }
    let Found { bytes, range, .. } = objects.get(&key(1), Part::Last(2)).await.unwrap();
    assert_eq!((bytes, range), (10, 8..10));
}

#[tokio::test]
async fn what_was_not_announced_leaves_nothing() {
    let (folder, objects) = objects();
    let bytes = noise((2 << 20) + 9);
    let announced = announced(&bytes);
    let mut altered = bytes.clone();
    altered[2 << 20] ^= 1;
    let put = async |announced: &Announced, bytes: &[u8]| objects.put(&key(1), announced, body(bytes, 50_000)).await;

    assert!(matches!(put(&announced, &bytes[1..]).await, Err(PutError::Length)));
    assert!(matches!(put(&announced, &[&bytes[..], b"x"].concat()).await, Err(PutError::Length)));
    assert!(matches!(put(&announced, &altered).await, Err(PutError::Digest)));
    let picture = Announced { content: Content::Of(MediaType::Png), ..announced.clone() };
    assert!(matches!(put(&picture, &bytes).await, Err(PutError::Type)));
    let text = Announced { content: Content::Of(MediaType::PlainText), ..announced.clone() };
    assert!(matches!(put(&text, &bytes).await, Err(PutError::Type)));
    let broken = body(&bytes[..2 << 20], 50_000)
        .map_err(|never| -> Interrupted { match never {} })
        .chain(stream::iter([Err(Interrupted)]));
    assert!(matches!(objects.put(&key(1), &announced, broken).await, Err(PutError::Interrupted)));
    let huge = Announced { bytes: MAX_BYTES + 1, ..announced };
    assert!(matches!(put(&huge, &bytes).await, Err(PutError::TooLarge)));

    assert_eq!(files(folder.path()), [""; 0]);
    assert!(matches!(objects.get(&key(1), Part::Whole).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_what_was_announced() {
    let (folder, objects) = objects();
    let endless = stream::repeat_with(|| Ok::<_, Interrupted>(noise(1_000).into()));

    let put = objects.put(&key(1), &announced(&noise(1_500_000)), endless).await;

    assert!(matches!(put, Err(PutError::Length)));
    assert_eq!(files(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_refused_upload_leaves_what_was_there() {
    let (_folder, objects) = objects();
    for old in [&b"old"[..], b"older and longer"] {
        objects.put(&key(1), &announced(old), body(old, 2)).await.unwrap();

        let put = objects.put(&key(1), &announced(b"new"), body(b"now", 2)).await;

        assert!(matches!(put, Err(PutError::Digest)));
        assert_eq!(content(&objects, &key(1), Part::Whole).await.unwrap(), old);
    }
}

#[tokio::test]
async fn a_short_file_is_looked_at_too() {
    let (_folder, objects) = objects();
    let announced = Announced { content: Content::Of(MediaType::Png), ..announced(b"<html>") };

    assert!(matches!(objects.put(&key(1), &announced, body(b"<html>", 9)).await, Err(PutError::Type)));
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_may_be_deleted_again() {
    let (folder, objects) = objects();
    objects.put_ours(&avatar(), noise(10).into()).await.unwrap();
    let open = objects.get(&avatar(), Part::Whole).await.unwrap();

    objects.delete(&avatar()).await.unwrap();
    objects.delete(&avatar()).await.unwrap();

    assert_eq!(files(folder.path()), [""; 0]);
    assert!(matches!(objects.get(&avatar(), Part::Whole).await, Err(Error::NotFound)));
    // Who has it open reads it to its end.
    assert_eq!(open.collect().await.unwrap(), noise(10));
}

#[tokio::test]
async fn a_shelf_lists_what_is_on_it() {
    let (folder, objects) = objects();
    objects.put_ours(&avatar(), noise(10).into()).await.unwrap();
    for number in 0..3 {
        objects.put_ours(&key(number), noise(number).into()).await.unwrap();
    }
    fs::write(folder.path().join("files/attachments/notes.txt"), "not ours").unwrap();

    let list = async |shelf| {
        let mut listed: Vec<_> = objects.list(shelf).try_collect().await.unwrap();
        listed.sort_by(|one, other| one.key.cmp(&other.key));
        listed.into_iter().map(|listed| (listed.key, listed.bytes)).collect::<Vec<_>>()
    };
    assert_eq!(list(Shelf::Attachments).await, [(key(0), 0), (key(1), 1), (key(2), 2)]);
    assert_eq!(list(Shelf::Avatars).await, [(avatar(), 10)]);
}

#[tokio::test]
async fn what_a_crash_leaves_is_no_object_and_can_be_discarded() {
    let (folder, objects) = objects();
    objects.put_ours(&key(1), noise(9).into()).await.unwrap();
    fs::write(folder.path().join(format!("files/{}#1", key(2))), "half").unwrap();
    let modified = objects.list(Shelf::Attachments).try_collect::<Vec<_>>().await.unwrap();
    let [kept] = &modified[..] else { panic!("{modified:?}") };

    assert_eq!(objects.discard_unfinished(Timestamp::default()).await.unwrap(), 0);
    assert_eq!(files(folder.path()).len(), 2);
    let later = kept.modified + std::time::Duration::from_hours(1);
    assert_eq!(objects.discard_unfinished(later).await.unwrap(), 1);
    assert_eq!(files(folder.path()), [key(1).name()]);
}

#[tokio::test]
async fn without_a_usable_disk_the_store_is_unavailable() {
    let (folder, objects) = objects();
    objects.put_ours(&key(1), noise(9).into()).await.unwrap();
    fs::remove_dir_all(folder.path().join("files")).unwrap();
    fs::write(folder.path().join("files"), "a file in the way").unwrap();

    let put = objects.put(&key(2), &announced(b"x"), body(b"x", 1)).await;

    assert!(matches!(put, Err(PutError::Unavailable(_))), "{put:?}");
    assert!(matches!(Objects::on_disk(&folder.path().join("files")), Err(Error::Unavailable(_))));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_the_folder() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, _objects) = objects();

    let mode = fs::metadata(folder.path().join("files")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn the_pictures_of_one_folder_are_listed() {
    let (_folder, objects) = objects();
    lists_the_pictures_of_one_folder(&objects).await;
}

#[tokio::test]
async fn a_probe_leaves_nothing() {
    let (folder, objects) = objects();
    objects.probe().await.unwrap();
    assert_eq!(files(folder.path()), [""; 0]);
    fs::remove_dir_all(folder.path().join("files")).unwrap();
    fs::write(folder.path().join("files"), "in the way").unwrap();
    assert!(matches!(objects.probe().await, Err(Error::Unavailable(_))));
}
