//! A REST source on this machine, and a client that only fetches its pages.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// Serves so many pages of so many items, on connections that are kept alive; its address.
pub fn serve(pages: usize, items: usize) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let bodies: Vec<String> = (0..=pages)
        .map(|page| {
            let count = if page < pages { items } else { 0 };
            let songs: Vec<Value> = (0..count)
                .map(|n| {
                    let n = page * items + n;
                    json!({"id": n, "title": format!("Song number {n}"), "artist": format!("Artist {}", n % 97)})
                })
                .collect();
            json!({ "items": songs }).to_string()
        })
        .collect();
    let bodies = Arc::new(bodies);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let bodies = Arc::clone(&bodies);
            std::thread::spawn(move || answer(&stream, &bodies));
        }
    });
    Ok(url)
}

fn answer(stream: &TcpStream, bodies: &[String]) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let page = head.split("page=").nth(1).unwrap_or("1");
        let digits: String = page.chars().take_while(char::is_ascii_digit).collect();
        let page: usize = digits.parse().ok()?;
        let body = bodies.get(page - 1).or(bodies.last())?;
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .ok()?;
    }
}

/// Fetches all pages, one after the other, and drops them.
pub fn fetch_all(url: &str, pages: usize) -> Result<Duration> {
    let host = url.strip_prefix("http://").context("no http")?;
    let stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let begun = Instant::now();
    for page in 1..=pages {
        write!(
            reader.get_mut(),
            "GET /songs?page={page} HTTP/1.1\r\nhost: {host}\r\n\r\n"
        )?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
    }
    Ok(begun.elapsed())
}
