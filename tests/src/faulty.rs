//! A way to a server on which things go wrong, at a request of one's choice.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends before the server sees anything.
    Cut,
    /// It ends in the middle of what is sent; the server sees a part.
    CutMidway,
    /// The server did it, and nobody hears so.
    AnswerLost,
    /// The server keeps a part of what is sent, and says that it did it.
    Truncated,
    /// Another answer, as if the server had refused.
    Status(u16),
    /// Nothing at all passes for so many milliseconds, as if the client's machine had stood still.
    Pause(u64),
}

#[derive(Default)]
struct Plan {
    /// What goes wrong at which request, counted from 0.
    faults: Vec<(usize, Fault)>,
    /// From this request on, all of them.
    always: Option<(usize, Fault)>,
    seen: Vec<String>,
    /// Held while nothing passes.
    gate: Arc<Mutex<()>>,
}

/// The way; it ends with this value.
pub struct Faulty {
    plan: Arc<Mutex<Plan>>,
    ended: Arc<AtomicBool>,
    port: u16,
}

impl Faulty {
    /// A way to a server on this port.
    pub fn to(upstream: u16) -> Faulty {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let faulty = Faulty {
            plan: Arc::default(),
            ended: Arc::default(),
            port: listener.local_addr().unwrap().port(),
        };
        let (plan, ended) = (faulty.plan.clone(), faulty.ended.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let plan = plan.clone();
                std::thread::spawn(move || {
                    let _ = pass(client, upstream, &plan);
                });
            }
        });
        faulty
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on: these faults, counted from the next request.
    pub fn plan(&self, faults: &[(usize, Fault)]) {
        let mut plan = self.plan.lock().unwrap();
        plan.faults = faults.to_vec();
        plan.always = None;
        plan.seen.clear();
    }

    /// From the `n`th request on, nothing but this.
    pub fn always(&self, n: usize, fault: Fault) {
        self.plan(&[]);
        self.plan.lock().unwrap().always = Some((n, fault));
    }

    /// The requests since the last plan: method and path.
    pub fn seen(&self) -> Vec<String> {
        self.plan.lock().unwrap().seen.clone()
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// One request and its answer; both sides close after it.
fn pass(mut client: TcpStream, upstream: u16, plan: &Mutex<Plan>) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let line = head.lines().next().unwrap_or_default().to_owned();
    let fault = {
        let mut plan = plan.lock().unwrap();
        let n = plan.seen.len();
        plan.seen.push(
            line.rsplit_once(' ')
                .map_or(line.clone(), |(request, _)| request.to_owned()),
        );
        let once = plan
            .faults
            .iter()
            .find(|(at, _)| *at == n)
            .map(|(_, fault)| *fault);
        once.or_else(|| plan.always.filter(|(from, _)| n >= *from).map(|(_, fault)| fault))
    };
    let gate = plan.lock().unwrap().gate.clone();
    {
        let _passing = gate.lock().unwrap();
        if let Some(Fault::Pause(millis)) = fault {
            std::thread::sleep(Duration::from_millis(millis));
        }
    }
    if fault == Some(Fault::Cut) {
        return client.shutdown(Shutdown::Both);
    }
    let length = header(&head, "content-length")
        .and_then(|v| v.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    if let Some(Fault::Status(status)) = fault {
        let answer = format!(
            "HTTP/1.1 {status} No\r\ncontent-length: 0\r\nretry-after: 0\r\nconnection: close\r\n\r\n"
        );
        return client.write_all(answer.as_bytes());
    }
    let mut server = TcpStream::connect(("127.0.0.1", upstream))?;
    server.set_read_timeout(Some(Duration::from_secs(60)))?;
    let truncated = fault == Some(Fault::Truncated) && line.starts_with("PUT");
    if truncated {
        body.truncate(length / 2);
    }
    server.write_all(directed(&head, upstream, truncated.then_some(body.len())).as_bytes())?;
    if fault == Some(Fault::CutMidway) {
        server.write_all(&body[..length / 2])?;
        server.shutdown(Shutdown::Both)?;
        return client.shutdown(Shutdown::Both);
    }
    server.write_all(&body)?;
    let mut answer = Vec::new();
    let mut piece = [0; 64 * 1024];
    loop {
        match server.read(&mut piece)? {
            0 => break,
            read if fault == Some(Fault::AnswerLost) => answer.extend_from_slice(&piece[..read]),
            read => client.write_all(&piece[..read])?,
        }
    }
    client.shutdown(Shutdown::Both)
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// The head as the server must see it: its own address, and an end after the answer.
fn directed(head: &str, upstream: u16, length: Option<usize>) -> String {
    let mut out = String::new();
    for (n, line) in head.trim_end().lines().enumerate() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        match (n, name.to_ascii_lowercase().as_str()) {
            (0, _) => out += line,
            (_, "connection") => continue,
            (_, "host") => out += &format!("host: 127.0.0.1:{upstream}"),
            (_, "content-length") if length.is_some() => {
                out += &format!("content-length: {}", length.unwrap_or(0));
            }
            (_, "destination") => {
                let value = value.trim();
                let path = value
                    .find("://")
                    .and_then(|at| value[at + 3..].find('/').map(|slash| at + 3 + slash));
                out += &format!(
                    "destination: http://127.0.0.1:{upstream}{}",
                    &value[path.unwrap_or(0)..]
                );
            }
            _ => out += line,
        }
        out += "\r\n";
    }
    out + "connection: close\r\n\r\n"
}
