//! A hub as small as the benchmarks allow: it registers, takes posts, pages and streams, all in memory, a thread a
//! connection. Told so by [`FAULT`], it misbehaves, so that the benchmarks can be seen to notice.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::{env, fs, thread};

/// Environment variable that names how the hub misbehaves.
pub(crate) const FAULT: &str = "SMALL_HUB_FAULT";

#[derive(Default)]
struct Lobby {
    messages: Vec<String>,
    streams: Vec<TcpStream>,
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
    let lobby = Arc::new(Mutex::new(Lobby::default()));
    for stream in listener.incoming() {
        let lobby = Arc::clone(&lobby);
        // A client that hangs up ends its thread with an error that nobody needs.
        thread::spawn(move || converse(stream.unwrap(), &lobby).ok());
    }
}

fn converse(mut stream: TcpStream, lobby: &Mutex<Lobby>) -> std::io::Result<()> {
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
        if target == "/api/stream" {
            return open(stream, &mut lobby.lock().unwrap());
        }
        let (status, reply) = answer(target, &String::from_utf8(body).unwrap(), &first, lobby);
        write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{reply}", reply.len())?;
    }
}

fn answer(target: &str, body: &str, first: &str, lobby: &Mutex<Lobby>) -> (u16, String) {
    let mut lobby = lobby.lock().unwrap();
    match target {
        "/health" => (200, String::from("{}")),
        "/api/register" => (201, String::from(r#"{"success":true,"agent":{"apiKey":"chatr_small"}}"#)),
        "/api/messages" if first.starts_with("POST") => post(&mut lobby, body),
        page if page.starts_with("/api/messages?") => (200, format!(r#"{{"messages":[{}]}}"#, lobby.page(page))),
        _ => (404, String::from("{}")),
    }
}

fn post(lobby: &mut Lobby, body: &str) -> (u16, String) {
    let number = lobby.messages.len();
    let fault = env::var(FAULT).unwrap_or_default();
    if fault == "refuse" {
        return (429, String::from(r#"{"error":"a rate limit"}"#));
    }
    let content = body.split('"').nth(3).unwrap();
    let message = format!(r#"{{"id":"{number:08x}","content":"{content}"}}"#);
    lobby.messages.push(message.clone());
    let event = format!("id: {number:08x}\ndata: {{\"type\":\"message\",\"data\":{message}}}\n\n");
    let copies = match fault.as_str() {
        "lose" if number == 3 => 0,
        "double" if number == 3 => 2,
        _ => 1,
    };
    for _ in 0..copies {
        lobby.streams.retain_mut(|stream| send(stream, &event).is_ok());
    }
    (201, format!(r#"{{"success":true,"message":{message}}}"#))
}

/// Opens a stream while nobody can post, so that nothing falls between history and live.
fn open(mut stream: TcpStream, lobby: &mut Lobby) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    send(&mut stream, &format!("data: {{\"type\":\"history\",\"data\":[{}]}}\n\n", lobby.page("limit=100")))?;
    lobby.streams.push(stream);
    Ok(())
}

/// One event as one chunk in one write.
fn send(stream: &mut TcpStream, event: &str) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes())
}

impl Lobby {
    /// The page that a query asks for, oldest first.
    fn page(&self, query: &str) -> String {
        let parameter = |name: &str| query.split(['?', '&']).find_map(|pair| pair.strip_prefix(name));
        let limit: usize = parameter("limit=").unwrap().parse().unwrap();
        let end = parameter("before=").map_or(self.messages.len(), |id| usize::from_str_radix(id, 16).unwrap());
        self.messages[end.saturating_sub(limit)..end].join(",")
    }
}
