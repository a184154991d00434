//! Objects in a bucket: the same as on disk.

mod support;

use futures_util::TryStreamExt;
use support::{announced, avatar, body, key, lists_the_pictures_of_one_folder, noise};
use tertulia_doubles::bucket::Bucket as Double;
use tertulia_objects::{Bucket, BucketError, Error, Key, Objects, Part, PutError, SecretKey, Shelf};

const LONG: usize = (11 << 20) + 3;

fn settings(endpoint: &str) -> Bucket {
    Bucket {
        endpoint: endpoint.parse().expect("this is a URL"),
        region: "us-east-1".to_owned(),
        name: Double::NAME.to_owned(),
        access_key: Double::ACCESS_KEY.to_owned(),
        secret_key: SecretKey::new("hidden"),
        virtual_hosted: false,
        insecure_http: false,
    }
}

async fn objects() -> (Double, Objects) {
    let double = Double::start().await;
    let objects = Objects::in_bucket(&settings(&double.endpoint())).expect("the settings are good");
    (double, objects)
}

async fn content(objects: &Objects, key: &Key, part: Part) -> Result<Vec<u8>, Error> {
    Ok(objects.get(key, part).await?.collect().await?.to_vec())
}

#[tokio::test]
async fn what_is_put_is_got() {
    let (double, objects) = objects().await;
    for (number, length) in [0, 9, 5 << 20, LONG].into_iter().enumerate() {
        let bytes = noise(length);

        objects.put(&key(number), &announced(&bytes), body(&bytes, 400_000)).await.unwrap();

        assert!(content(&objects, &key(number), Part::Whole).await.unwrap() == bytes, "{length}");
    }
    assert_eq!(double.uploads(), (2, 0));
    assert_eq!(double.keys(), [0, 1, 2, 3].map(|number| key(number).to_string()));
}

#[tokio::test]
async fn a_part_is_got() {
    let (_double, objects) = objects().await;
    objects.put_ours(&avatar(), noise(100).into()).await.unwrap();

    let found = objects.get(&avatar(), Part::Last(10)).await.unwrap();

    assert_eq!((found.bytes, found.range.clone()), (100, 90..100));
    assert_eq!(found.collect().await.unwrap(), noise(100)[90..]);
    assert_eq!(content(&objects, &avatar(), Part::Between(3..5)).await.unwrap(), noise(100)[3..5]);
    assert!(matches!(content(&objects, &avatar(), Part::From(100)).await, Err(Error::OutOfRange { bytes: 100 })));
}

#[tokio::test]
async fn what_was_not_announced_leaves_nothing() {
    let (double, objects) = objects().await;
    let mut bytes = noise(LONG);
    let announced = announced(&bytes);
    bytes[0] ^= 1;

    let put = objects.put(&key(1), &announced, body(&bytes, 400_000)).await;

    assert!(matches!(put, Err(PutError::Digest)), "{put:?}");
    assert_eq!((double.uploads(), double.keys().len()), ((1, 0), 0));
    assert!(matches!(objects.get(&key(1), Part::Whole).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn objects_are_listed_and_deleted() {
    let (_double, objects) = objects().await;
    for number in [1, 2] {
        objects.put_ours(&key(number), noise(number).into()).await.unwrap();
    }
    objects.put_ours(&avatar(), noise(3).into()).await.unwrap();

    objects.delete(&key(1)).await.unwrap();
    objects.delete(&key(1)).await.unwrap();

    let listed: Vec<_> = objects.list(Shelf::Attachments).try_collect().await.unwrap();
    assert_eq!(listed.into_iter().map(|listed| (listed.key, listed.bytes)).collect::<Vec<_>>(), [(key(2), 2)]);
    assert_eq!(objects.discard_unfinished(tertulia_model::Timestamp::default()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable() {
    let (double, objects) = objects().await;
    double.set_down(true);

    let put = objects.put_ours(&key(1), noise(9).into()).await;

    assert!(matches!(put, Err(PutError::Unavailable(_))), "{put:?}");
}

#[tokio::test]
async fn a_key_that_does_not_open_the_bucket_is_unavailable() {
    let double = Double::start().await;
    let stranger = Bucket { access_key: "somebody".to_owned(), ..settings(&double.endpoint()) };
    let objects = Objects::in_bucket(&stranger).unwrap();

    assert!(matches!(objects.put_ours(&key(1), noise(9).into()).await, Err(PutError::Unavailable(_))));
    assert!(matches!(objects.get(&key(1), Part::Whole).await, Err(Error::Unavailable(_))));
}

#[test]
fn a_bucket_elsewhere_is_https() {
    for endpoint in ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000", "https://s3.example.org"] {
        assert!(Objects::in_bucket(&settings(endpoint)).is_ok(), "{endpoint}");
    }
    for endpoint in ["http://s3.example.org", "http://10.0.0.7:9000", "ftp://localhost"] {
        assert!(matches!(Objects::in_bucket(&settings(endpoint)), Err(BucketError::Insecure)), "{endpoint}");
    }
    assert!(Objects::in_bucket(&Bucket { insecure_http: true, ..settings("http://10.0.0.7:9000") }).is_ok());
}

#[test]
fn a_secret_key_does_not_show_itself() {
    assert!(!format!("{:?}", settings("https://s3.example.org")).contains("hidden"));
}

#[tokio::test]
async fn the_pictures_of_one_folder_are_listed() {
    let (_double, objects) = objects().await;
    lists_the_pictures_of_one_folder(&objects).await;
}

#[tokio::test]
async fn a_probe_leaves_nothing() {
    let (double, objects) = objects().await;
    objects.probe().await.unwrap();
    assert_eq!(double.keys().len(), 0);
    double.set_down(true);
    assert!(matches!(objects.probe().await, Err(Error::Unavailable(_))));
}
