//! Many clients of one hub at once, as bare connections; and one real editor among them.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream as Plain},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::mpsc,
};

use super::{
    http::Http,
    hub::Hub,
    lsp::{Editor, Start},
    samples::Samples,
    workspace::{self, AT_REF},
};

/// Event streams, and as many that poll.
pub const EDITORS: usize = 500;
/// Changes that are written while they listen.
pub const CHANGES: usize = 20;
/// How often each polls.
const POLL: Duration = Duration::from_secs(1);
/// Between two changes: long enough for the last editor to have the one before.
const PAUSE: Duration = Duration::from_millis(1_500);
/// Between two looks of the editor.
const LOOK: Duration = Duration::from_millis(2);
/// How long a change may take at most before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was measured.
pub struct Crowd {
    /// Answers that nothing changed, and pages where something did.
    pub polls: Samples,
    /// From sending a change until a stream tells of it.
    pub events: Samples,
    /// From sending a change until an editor's hover shows it.
    pub hovers: Samples,
    /// How many polls.
    pub polled: usize,
    /// How many events.
    pub heard: usize,
}

/// The `sync_metadata` at the end of a JSON page: parsing all of it would measure the client.
fn tail(body: &[u8]) -> Result<&[u8]> {
    const KEY: &[u8] = b"\"sync_metadata\":";
    let at = body
        .windows(KEY.len())
        .rposition(|w| w == KEY)
        .context("no sync_metadata")?;
    let value = &body[at + KEY.len()..];
    value.strip_suffix(b"}").context("the page does not end")
}

/// Paths of all pages of this size, one after the other, the last that of the next question; and the
/// ETag of the checkpoint.
pub fn pages(hub: &Hub, limit: usize) -> Result<(Vec<String>, String)> {
    let mut http = Http::connect(hub.url(), hub.token())?;
    let base = format!("{}/sync-package?protocol=2&limit={limit}", hub.organization());
    let mut paths = vec![base.clone()];
    loop {
        let page = http.get(&paths[paths.len() - 1], None)?;
        ensure!(page.status == 200, "the hub answered {}", page.status);
        let state: Value = serde_json::from_slice(tail(&page.body)?)?;
        let cursor = state["cursor"].as_str().context("no cursor")?;
        paths.push(format!("{base}&cursor={cursor}"));
        if state["has_more"] == false {
            let etag = page.header("etag").context("a checkpoint has no ETag")?;
            return Ok((paths, etag.to_owned()));
        }
    }
}

/// Path and ETag of a request that nothing changed for.
pub fn checkpoint(hub: &Hub) -> Result<(String, String)> {
    let (mut paths, etag) = pages(hub, 10_000)?;
    Ok((paths.pop().context("there is a page")?, etag))
}

/// So many bytes through a loopback connection.
pub fn carry(bytes: usize) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let sending = std::thread::spawn(move || -> Result<()> {
        let block = vec![0_u8; 64 << 10];
        let (mut stream, _) = listener.accept()?;
        let mut left = bytes;
        while left > 0 {
            let n = left.min(block.len());
            stream.write_all(&block[..n])?;
            left -= n;
        }
        Ok(())
    });
    let mut stream = Plain::connect(address)?;
    let mut block = vec![0_u8; 64 << 10];
    while stream.read(&mut block)? > 0 {}
    sending.join().map_err(|_| anyhow::anyhow!("the sender failed"))?
}

impl Crowd {
    /// Gathers it around a hub, writes changes, and measures.
    pub fn gather(hub: &Hub) -> Result<Crowd> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let ended = Arc::new(AtomicBool::new(false));
        let open = Arc::new(AtomicUsize::new(0));
        let (heard, mut events) = mpsc::unbounded_channel();
        let (polled, mut polls) = mpsc::unbounded_channel();
        let (path, etag) = checkpoint(hub)?;
        let host = hub.url().trim_start_matches("http://").to_owned();
        for number in 0..EDITORS {
            let listening = request(hub, &host, &format!("{}/events", hub.organization()), "");
            let (heard, open) = (heard.clone(), Arc::clone(&open));
            let address = host.clone();
            runtime.spawn(async move { listen(address, listening, heard, open).await });
            let asking = request(hub, &host, &path, &format!("If-None-Match: {etag}\r\n"));
            let (polled, ended, address) = (polled.clone(), Arc::clone(&ended), host.clone());
            let offset = POLL.mul_f64(number as f64 / EDITORS as f64);
            runtime.spawn(async move { poll(address, asking, offset, ended, polled).await });
        }
        drop((heard, polled));
        let started = Instant::now();
        while open.load(Ordering::Relaxed) < EDITORS {
            ensure!(started.elapsed() < PATIENCE, "the streams do not open");
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut crowd = Crowd {
            polls: Samples::default(),
            events: Samples::default(),
            hovers: Samples::default(),
            polled: 0,
            heard: 0,
        };
        crowd.change(hub, &mut events)?;
        ended.store(true, Ordering::Relaxed);
        while let Ok(time) = polls.try_recv() {
            crowd.polls.push(time);
            crowd.polled += 1;
        }
        runtime.shutdown_background();
        Ok(crowd)
    }

    /// Writes documentation again and again, and looks where it arrives.
    fn change(&mut self, hub: &Hub, events: &mut mpsc::UnboundedReceiver<Instant>) -> Result<()> {
        let folder = workspace::create()?;
        let cache = tempfile::tempdir()?;
        let mut options = hub.options();
        options["autoSync"] = serde_json::json!({"enabled": true, "intervalMinutes": 60});
        let mut editor = Editor::start(&Start {
            workspace: folder.path(),
            cache: cache.path(),
            options,
        })?;
        editor.initialized()?;
        editor.command("metasync.sync")?;
        let document = folder.path().join("models/report.sql");
        editor.open(&document, &workspace::text(0))?;
        let object = metasync_protocol::ids::object(
            super::hub::connection(),
            None,
            "model",
            &format!("bench.{}", super::catalogue::name(0)),
        );
        let mut http = Http::connect(hub.url(), hub.token())?;
        let path = format!("{}/documentation/{object}", hub.organization());
        for number in 0..CHANGES {
            std::thread::sleep(PAUSE);
            while events.try_recv().is_ok() {}
            let words = format!("Edition {number} of the benchmark.");
            let body = serde_json::json!({"executive_summary": words}).to_string();
            let sent = Instant::now();
            let answer = http.send("PUT", &path, "", &body)?;
            ensure!(answer.status == 200, "the change was answered {}", answer.status);
            loop {
                let hover = editor.hover(&document, AT_REF)?;
                if hover.to_string().contains(&words) {
                    self.hovers.push(sent.elapsed());
                    break;
                }
                ensure!(sent.elapsed() < PATIENCE, "the hover never shows {words:?}");
                std::thread::sleep(LOOK);
            }
            let mut heard = 0;
            while heard < EDITORS && sent.elapsed() < PATIENCE {
                match events.try_recv() {
                    Ok(at) => {
                        self.events.push(at.duration_since(sent));
                        heard += 1;
                    }
                    Err(_) => std::thread::sleep(Duration::from_millis(1)),
                }
            }
            self.heard += heard;
        }
        Ok(())
    }
}

fn request(hub: &Hub, host: &str, path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n{headers}\r\n",
        hub.token()
    )
}

/// Tells when the stream is open, and when each event came.
async fn listen(
    address: String,
    request: String,
    heard: mpsc::UnboundedSender<Instant>,
    open: Arc<AtomicUsize>,
) -> Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.write_all(request.as_bytes()).await?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if line.starts_with("event: hello") {
            open.fetch_add(1, Ordering::Relaxed);
        } else if line.starts_with("event: change") && heard.send(Instant::now()).is_err() {
            return Ok(());
        }
    }
}

/// Asks again and again, over one connection.
async fn poll(
    address: String,
    request: String,
    offset: Duration,
    ended: Arc<AtomicBool>,
    polled: mpsc::UnboundedSender<Duration>,
) -> Result<()> {
    tokio::time::sleep(offset).await;
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.get_mut().set_nodelay(true)?;
    let mut clock = tokio::time::interval(POLL);
    while !ended.load(Ordering::Relaxed) {
        clock.tick().await;
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        answer(&mut stream).await?;
        if polled.send(sent.elapsed()).is_err() {
            break;
        }
    }
    Ok(())
}

/// Reads an answer to its end.
async fn answer(stream: &mut BufReader<TcpStream>) -> Result<()> {
    use tokio::io::AsyncReadExt as _;
    let (mut line, mut length, mut chunked) = (String::new(), 0_usize, false);
    let mut unchanged = false;
    loop {
        line.clear();
        ensure!(stream.read_line(&mut line).await? > 0, "the hub hung up");
        let lower = line.trim().to_ascii_lowercase();
        unchanged |= lower.starts_with("http/1.1 304");
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        chunked |= lower.starts_with("transfer-encoding: chunked");
        if lower.is_empty() {
            break;
        }
    }
    if unchanged {
        return Ok(());
    }
    loop {
        if chunked {
            line.clear();
            stream.read_line(&mut line).await?;
            length = usize::from_str_radix(line.trim(), 16)?;
        }
        let mut body = vec![0; length + if chunked { 2 } else { 0 }];
        stream.read_exact(&mut body).await?;
        if !chunked || length == 0 {
            return Ok(());
        }
    }
}
