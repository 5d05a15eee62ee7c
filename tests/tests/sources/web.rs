//! A web server of the stories: remembers what it was asked and answers as a story wants.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) target: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let query = self.target.split_once('?')?.1;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(super) fn page(&self) -> usize {
        self.query("page").unwrap_or("1").parse().unwrap()
    }
}

/// An answer: status, more headers, body.
pub(super) type Answer = (u16, Vec<(&'static str, String)>, Value);

pub(super) fn ok(body: Value) -> Answer {
    (200, Vec::new(), body)
}

/// A server.
pub(super) struct Web {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Web {
    pub(super) fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Web {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (heard, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
                std::thread::spawn(move || serve(&stream, &heard, answer.as_ref()));
            }
        });
        Web { url, asked }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, heard: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Answer) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok()?;
        }
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let asked = Asked {
        method,
        target,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    heard.lock().unwrap().push(asked.clone());
    let (status, more, body) = answer(&asked);
    let body = if status == 304 {
        String::new()
    } else {
        body.to_string()
    };
    let more: String = more
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{more}connection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

/// Songs `from` to `to`.
pub(super) fn songs(from: usize, to: usize) -> Value {
    (from..to)
        .map(|n| json!({"id": n, "name": format!("Song {n}"), "artist": {"name": "A"}, "category": "Pop"}))
        .collect()
}

/// What the songs are mapped by.
pub(super) fn mapping() -> Value {
    json!({"title": "name", "artist": "artist.name", "genre": "category", "external_id": "id"})
}
