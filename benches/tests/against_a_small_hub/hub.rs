//! A hub as small as the benchmarks allow: it registers, takes posts, pages, streams, WebSockets and rooms, all in memory,
//! a thread a connection. Told so by [`FAULT`], it misbehaves, so that the benchmarks can be seen to notice.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Environment variable that names how the hub misbehaves.
pub(crate) const FAULT: &str = "SMALL_HUB_FAULT";

#[derive(Default)]
struct Hub {
    messages: Vec<String>,
    listeners: Vec<Listener>,
    /// When each room ends.
    rooms: HashMap<String, Instant>,
}

/// One who hears the lobby.
struct Listener {
    socket: TcpStream,
    is_websocket: bool,
}

/// Serves until the process is killed, if the arguments are those that the benchmarks give.
pub(crate) fn serve(arguments: &[String]) {
    let [_, serve, port, zero, data_dir, _, config, file] = arguments else {
        panic!("unexpected arguments: {arguments:?}")
    };
    assert_eq!([serve, port, zero, data_dir, config], ["serve", "--port", "0", "--data-dir", "--config"]);
    assert!(fs::read_to_string(file).unwrap().contains("[limits]"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "a small hub listens on http://{}", listener.local_addr().unwrap()).unwrap();
    stdout.flush().unwrap();
    let hub = Arc::new(Mutex::new(Hub::default()));
    for stream in listener.incoming() {
        let hub = Arc::clone(&hub);
        // A client that hangs up ends its thread with an error that nobody needs.
        thread::spawn(move || converse(stream.unwrap(), &hub).ok());
    }
}

fn converse(mut stream: TcpStream, hub: &Mutex<Hub>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? <= 2 {
                break;
            }
            length = line.strip_prefix("Content-Length: ").map_or(length, |number| number.trim().parse().unwrap());
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let target = first.split(' ').nth(1).unwrap_or_default();
        if target == "/api/stream" || target == "/api/ws" {
            open(&mut stream, reader, target == "/api/ws", hub)?;
            return Ok(());
        }
        let (status, reply) = answer(target, &String::from_utf8(body).unwrap(), &first, hub);
        write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{reply}", reply.len())?;
    }
}

fn answer(target: &str, body: &str, first: &str, hub: &Mutex<Hub>) -> (u16, String) {
    let mut hub = hub.lock().unwrap();
    match target {
        "/health" => (200, String::from("{}")),
        "/api/register" => (201, String::from(r#"{"success":true,"agent":{"apiKey":"chatr_small"}}"#)),
        "/api/messages" if first.starts_with("POST") => post(&mut hub, body),
        page if page.starts_with("/api/messages?") => (200, format!(r#"{{"messages":[{}]}}"#, hub.page(page))),
        "/api/rooms/create" => hub.create_room(body),
        "/api/rooms/list?limit=1" => (200, format!(r#"{{"rooms":[],"total":{}}}"#, hub.living_rooms())),
        room => hub.post_to_room(room),
    }
}

fn fault() -> String {
    env::var(FAULT).unwrap_or_default()
}

fn post(hub: &mut Hub, body: &str) -> (u16, String) {
    let (number, fault) = (hub.messages.len(), fault());
    if fault == "refuse" {
        return (429, String::from(r#"{"error":"a rate limit"}"#));
    }
    let content = body.split('"').nth(3).unwrap();
    let message = format!(r#"{{"id":"{}","content":"{content}"}}"#, id_of(number));
    hub.messages.push(message.clone());
    let copies = match fault.as_str() {
        "lose" if number == 3 => 0,
        "double" if number == 3 => 2,
        _ => 1,
    };
    for _ in 0..copies {
        hub.listeners.retain_mut(|listener| {
            let said = if fault == "close" && number == 3 && listener.is_websocket {
                listener.socket.write_all(b"\x88\x06\x03\xE9away")
            } else {
                listener.send("message", if listener.is_websocket { "message" } else { "data" }, &message)
            };
            said.is_ok()
        });
    }
    (201, format!(r#"{{"success":true,"message":{message}}}"#))
}

fn id_of(number: usize) -> String {
    format!("0001-{:012x}-{number:08x}", number + 1)
}

fn number_of(id: &str) -> usize {
    usize::from_str_radix(id.split('-').nth(1).unwrap(), 16).unwrap() - 1
}

/// Opens a stream or a WebSocket while nobody can post, so that nothing falls between history and live.
fn open(
    socket: &mut TcpStream,
    mut reader: BufReader<TcpStream>,
    is_websocket: bool,
    hub: &Mutex<Hub>,
) -> std::io::Result<()> {
    let mut listener = Listener { socket: socket.try_clone()?, is_websocket };
    if is_websocket {
        socket.write_all(b"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")?;
        let asked = read_frame(&mut reader)?;
        assert_eq!(asked, (0x81, br#"{"type":"subscribe","room":"global"}"#.to_vec()));
        // Who does not answer is not let in.
        socket.write_all(b"\x89\x04ping")?;
        assert_eq!(read_frame(&mut reader)?, (0x8A, b"ping".to_vec()));
    } else {
        socket.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    }
    let mut hub = hub.lock().unwrap();
    let history = format!("[{}]", hub.page("limit=100"));
    listener.send("history", if is_websocket { "messages" } else { "data" }, &history)?;
    hub.listeners.push(listener);
    Ok(())
}

/// First byte and payload of a client's frame.
fn read_frame(reader: &mut BufReader<TcpStream>) -> std::io::Result<(u8, Vec<u8>)> {
    let mut header = [0; 6];
    reader.read_exact(&mut header)?;
    let [first, length, mask @ ..] = header;
    let mut payload = vec![0; usize::from(length.checked_sub(0x80).expect("a mask"))];
    reader.read_exact(&mut payload)?;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    Ok((first, payload))
}

impl Listener {
    /// One event in one write: as a chunk, or as a frame.
    fn send(&mut self, kind: &str, name: &str, json: &str) -> std::io::Result<()> {
        let event = format!(r#"{{"type":"{kind}","{name}":{json}}}"#);
        if self.is_websocket {
            let length = u64::try_from(event.len()).unwrap().to_be_bytes();
            self.socket.write_all(&[&[0x81, 127], &length[..], event.as_bytes()].concat())
        } else {
            let event = format!("data: {event}\n\n");
            self.socket.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes())
        }
    }
}

impl Hub {
    /// The page that a query asks for, oldest first.
    fn page(&self, query: &str) -> String {
        let parameter = |name: &str| query.split(['?', '&']).find_map(|pair| pair.strip_prefix(name));
        let limit: usize = parameter("limit=").unwrap().parse().unwrap();
        let end = parameter("before=").map_or(self.messages.len(), number_of);
        self.messages[end.saturating_sub(limit)..end].join(",")
    }

    fn create_room(&mut self, body: &str) -> (u16, String) {
        let plan: serde_json::Value = serde_json::from_str(body).unwrap();
        let ttl = Duration::from_secs(plan["ttl"].as_u64().unwrap());
        let id = format!("00000000-0000-4000-8000-{:012x}", self.rooms.len());
        #[expect(clippy::disallowed_methods, reason = "rooms of this hub end in real time")]
        self.rooms.insert(id.clone(), Instant::now() + ttl);
        (201, format!(r#"{{"success":true,"room":{{"id":"{id}"}}}}"#))
    }

    fn living_rooms(&self) -> usize {
        #[expect(clippy::disallowed_methods, reason = "rooms of this hub end in real time")]
        let now = Instant::now();
        self.rooms.values().filter(|ends_at| fault() == "linger" || **ends_at > now).count()
    }

    fn post_to_room(&self, target: &str) -> (u16, String) {
        let id = target.strip_prefix("/api/rooms/").and_then(|rest| rest.strip_suffix("/messages"));
        match id {
            Some(id) if self.rooms.contains_key(id) => (201, String::from(r#"{"success":true}"#)),
            _ => (404, String::from(r#"{"error":"no such room"}"#)),
        }
    }
}
