//! An editor that does nothing but measure: it speaks to `metasync lsp` over real pipes, on the
//! thread that measures, so that a sample holds no hand-over between threads of ours.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// How the server is started.
pub struct Start<'a> {
    /// The workspace.
    pub workspace: &'a Path,
    /// Where the cache goes.
    pub cache: &'a Path,
    /// `initializationOptions`.
    pub options: Value,
}

impl Start<'_> {
    /// Parameters of `initialize`.
    pub fn initialize(&self) -> Value {
        let root = uri(self.workspace);
        json!({
            "processId": std::process::id(),
            "rootUri": root,
            "workspaceFolders": [{"uri": root, "name": "bench"}],
            "capabilities": {"textDocument": {"hover": {"contentFormat": ["markdown"]}}},
            "initializationOptions": self.options,
        })
    }
}

/// A started server; killed when dropped.
pub struct Editor {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    last: i64,
}

impl Editor {
    /// Starts the server and returns when it answered `initialize`.
    pub fn start(start: &Start<'_>) -> Result<Editor> {
        let mut child = Command::new(super::program()?)
            .arg("lsp")
            .current_dir(start.workspace)
            .env("METASYNC_CACHE_DIR", start.cache)
            .env("METASYNC_LOG", "error")
            .env_remove("METASYNC_HUB_URL")
            .env_remove("METASYNC_TOKEN")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context("can't start metasync lsp")?;
        let to = child.stdin.take().context("no stdin")?;
        let from = BufReader::new(child.stdout.take().context("no stdout")?);
        let mut editor = Editor {
            child,
            to,
            from,
            last: 0,
        };
        editor.request("initialize", &start.initialize())?;
        Ok(editor)
    }

    /// Tells the server that it may begin.
    pub fn initialized(&mut self) -> Result<()> {
        self.notify("initialized", &json!({}))
    }

    /// Opens a document.
    pub fn open(&mut self, path: &Path, text: &str) -> Result<()> {
        self.notify("textDocument/didOpen", &opened(path, text))
    }

    /// Replaces the text of a document.
    pub fn change(&mut self, path: &Path, version: i64, text: &str) -> Result<()> {
        let document = json!({"uri": uri(path), "version": version});
        self.notify(
            "textDocument/didChange",
            &json!({"textDocument": document, "contentChanges": [{"text": text}]}),
        )
    }

    /// Replaces so many characters behind a position.
    pub fn edit(
        &mut self,
        path: &Path,
        version: i64,
        (line, at): (u32, u32),
        cut: u32,
        text: &str,
    ) -> Result<()> {
        let range =
            json!({"start": {"line": line, "character": at}, "end": {"line": line, "character": at + cut}});
        self.notify(
            "textDocument/didChange",
            &json!({
                "textDocument": {"uri": uri(path), "version": version},
                "contentChanges": [{"range": range, "text": text}],
            }),
        )
    }

    /// Reads until a notification that fits.
    pub fn until(&mut self, method: &str, fits: impl Fn(&Value) -> bool) -> Result<()> {
        loop {
            let message = self.receive()?;
            if let (Some(_), Some(asked)) = (message.get("method"), message.get("id")) {
                self.send(&json!({"jsonrpc": "2.0", "id": asked, "result": null}))?;
            }
            if message["method"] == method && fits(&message["params"]) {
                return Ok(());
            }
        }
    }

    /// Asks for a hover.
    pub fn hover(&mut self, path: &Path, position: (u32, u32)) -> Result<Value> {
        self.request("textDocument/hover", &at(path, position))
    }

    /// Runs a command of the server.
    pub fn command(&mut self, command: &str) -> Result<Value> {
        self.request(
            "workspace/executeCommand",
            &json!({"command": command, "arguments": []}),
        )
    }

    /// Sends a request and reads until its answer; what the server asks meanwhile gets `null`.
    pub fn request(&mut self, method: &str, params: &Value) -> Result<Value> {
        self.last += 1;
        let id = self.last;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        loop {
            let message = self.receive()?;
            if message.get("method").is_some() {
                if let Some(asked) = message.get("id") {
                    self.send(&json!({"jsonrpc": "2.0", "id": asked, "result": null}))?;
                }
                continue;
            }
            if message["id"] != id {
                continue;
            }
            if let Some(error) = message.get("error") {
                bail!("{method} failed: {error}");
            }
            return Ok(message["result"].clone());
        }
    }

    /// Process id of the server.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    fn notify(&mut self, method: &str, params: &Value) -> Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let bytes = framed(message)?;
        self.to.write_all(&bytes).context("the server closed its stdin")?;
        self.to.flush()?;
        Ok(())
    }

    fn receive(&mut self) -> Result<Value> {
        let mut length = None;
        loop {
            let mut line = String::new();
            if self.from.read_line(&mut line)? == 0 {
                bail!("the server ended");
            }
            if line.trim_end().is_empty() {
                break;
            }
            length = self::length(&line)?.or(length);
        }
        let mut body = vec![0; length.context("a message without length")?];
        self.from.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // It is measured no longer; how it ends is the stories' affair.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// A message as it goes over the wire.
pub fn framed(message: &Value) -> Result<Vec<u8>> {
    let body = serde_json::to_vec(message)?;
    let mut bytes = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend(body);
    Ok(bytes)
}

/// The length that a header line tells, if it is that header.
pub fn length(line: &str) -> Result<Option<usize>> {
    let value = line.trim_end().strip_prefix("Content-Length: ");
    Ok(value.map(str::parse).transpose()?)
}

/// Parameters of `textDocument/didOpen`.
pub fn opened(path: &Path, text: &str) -> Value {
    json!({"textDocument": {"uri": uri(path), "languageId": "sql", "version": 1, "text": text}})
}

/// A position in a document.
pub fn at(path: &Path, (line, character): (u32, u32)) -> Value {
    json!({"textDocument": {"uri": uri(path)}, "position": {"line": line, "character": character}})
}
