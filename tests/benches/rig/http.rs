//! One kept-alive HTTP connection that measures: no pool, no runtime, no hand-over to another thread.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use anyhow::{Context, Result};

/// A connection to a hub.
pub struct Http {
    host: String,
    token: String,
    stream: BufReader<TcpStream>,
}

/// An answer.
pub struct Answer {
    /// Such as 304.
    pub status: u16,
    /// Its body, whole.
    pub body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

impl Http {
    /// Connects to `http://host:port`.
    pub fn connect(url: &str, token: &str) -> Result<Http> {
        let host = url
            .strip_prefix("http://")
            .context("only http:// is measured")?
            .to_owned();
        let stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        Ok(Http {
            host,
            token: token.to_owned(),
            stream: BufReader::new(stream),
        })
    }

    /// Gets a path (with query); `etag` goes as `If-None-Match`.
    pub fn get(&mut self, path: &str, etag: Option<&str>) -> Result<Answer> {
        let condition = etag
            .map(|e| format!("If-None-Match: {e}\r\n"))
            .unwrap_or_default();
        self.send("GET", path, &condition, "")
    }

    /// Asks with these header lines, each with its end, and this body.
    pub fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
        let length = match body.len() {
            0 => String::new(),
            n => format!("Content-Type: application/json\r\nContent-Length: {n}\r\n"),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{headers}{length}\r\n{body}",
            self.host, self.token
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self
            .line()?
            .split(' ')
            .nth(1)
            .context("no status line")?
            .parse()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        if answer.header("transfer-encoding") == Some("chunked") {
            self.chunks(&mut answer.body)?;
        } else if let Some(length) = answer.header("content-length").filter(|_| status != 304) {
            let length = length.parse()?;
            self.take(length, &mut answer.body)?;
        }
        Ok(answer)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn take(&mut self, bytes: u64, body: &mut Vec<u8>) -> Result<()> {
        self.stream.by_ref().take(bytes).read_to_end(body)?;
        Ok(())
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> Result<()> {
        loop {
            let size = u64::from_str_radix(&self.line()?, 16)?;
            self.take(size, body)?;
            self.line()?;
            if size == 0 {
                return Ok(());
            }
        }
    }
}
