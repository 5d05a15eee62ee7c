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

/// Status and headers of an answer; its body is read and dropped.
pub struct Answer {
    /// Such as 304.
    pub status: u16,
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
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{condition}\r\n",
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
        let answer = Answer { status, headers };
        if answer.header("transfer-encoding") == Some("chunked") {
            self.skip_chunks()?;
        } else if let Some(length) = answer.header("content-length").filter(|_| status != 304) {
            self.skip(length.parse()?)?;
        }
        Ok(answer)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn skip(&mut self, bytes: u64) -> Result<()> {
        std::io::copy(&mut self.stream.by_ref().take(bytes), &mut std::io::sink())?;
        Ok(())
    }

    fn skip_chunks(&mut self) -> Result<()> {
        loop {
            let size = u64::from_str_radix(&self.line()?, 16)?;
            self.skip(size)?;
            self.line()?;
            if size == 0 {
                return Ok(());
            }
        }
    }
}
