//! An editor over a real pipe: it answers what servers ask, records what they tell, and can be as
//! rude as editors are.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ExitStatus, Stdio},
    sync::{
        Arc, Condvar, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{PATIENCE, Place, binary};

/// What the editor knows.
#[derive(Default)]
struct Heard {
    replies: HashMap<u64, Value>,
    notifications: Vec<(String, Value)>,
    requests: Vec<(String, Value)>,
    junk: Vec<String>,
    /// What questions are answered with.
    choice: Option<String>,
    /// The answer to a question for settings.
    settings: Value,
    ended: bool,
}

/// A language server and its client.
pub struct Editor {
    process: Child,
    input: Option<ChildStdin>,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    /// Answers to the server's requests; sent with the next thing that the editor does.
    answers: Receiver<Value>,
    next: u64,
    root: PathBuf,
    texts: HashMap<String, (i32, String)>,
    /// The answer to `initialize`.
    pub capabilities: Value,
}

/// What most editors offer.
pub fn offers() -> Value {
    json!({
        "window": {"workDoneProgress": true},
        "workspace": {
            "configuration": true, "workspaceFolders": true,
            "didChangeWatchedFiles": {"dynamicRegistration": true},
        },
        "textDocument": {"hover": {"contentFormat": ["markdown", "plaintext"]}, "definition": {"linkSupport": true}},
    })
}

impl Editor {
    /// Starts the server with the workspace of a place and says hello. `options` are the
    /// initialization options.
    pub fn open(place: &Place, options: Value) -> Editor {
        let mut editor = Editor::start(&place.workspace, &place.environment);
        editor.greet(options, offers());
        editor
    }

    /// Starts the server; nothing is said yet.
    pub fn start(root: &Path, environment: &[(String, String)]) -> Editor {
        let mut process = binary::command(root, environment)
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let heard: Arc<(Mutex<Heard>, Condvar)> = Arc::default();
        let (output, input) = (process.stdout.take().unwrap(), process.stdin.take());
        let listening = heard.clone();
        let (answers, to_send) = channel::<Value>();
        let editor = Editor {
            process,
            input,
            heard,
            answers: to_send,
            next: 0,
            root: root.to_owned(),
            texts: HashMap::new(),
            capabilities: Value::Null,
        };
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output, &listening) {
                hear(message, &listening, &answers);
            }
            listening.0.lock().unwrap().ended = true;
            listening.1.notify_all();
        });
        editor
    }

    /// `initialize` and `initialized`.
    pub fn greet(&mut self, options: Value, offers: Value) {
        let uri = uri(&self.root);
        let answer = self.request(
            "initialize",
            json!({
                "processId": std::process::id(), "rootUri": uri, "capabilities": offers,
                "workspaceFolders": [{"uri": uri, "name": "workspace"}], "initializationOptions": options,
            }),
        );
        self.capabilities = answer["capabilities"].clone();
        self.notify("initialized", json!({}));
    }

    fn answer_pending(&mut self) {
        let waiting: Vec<Value> = self.answers.try_iter().collect();
        for answer in waiting {
            self.send(&answer);
        }
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        if let Some(input) = &mut self.input {
            // a server that has ended is seen by whoever waits for its answer
            let _ = input.write_all(bytes).and_then(|()| input.flush());
        }
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    /// A notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.answer_pending();
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// A request whose answer is read later.
    pub fn ask(&mut self, method: &str, params: Value) -> u64 {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The whole reply to a request.
    pub fn reply(&mut self, id: u64) -> Value {
        self.wait(PATIENCE, |heard| heard.replies.remove(&id))
            .unwrap_or_else(|| panic!("no reply to request {id}"))
    }

    /// How many replies nobody took.
    pub fn replies_left(&self) -> usize {
        self.heard.0.lock().unwrap().replies.len()
    }

    /// A request and its result; an error fails the test.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        let reply = self.reply(id);
        assert!(reply.get("error").is_none(), "{method}: {}", reply["error"]);
        reply["result"].clone()
    }

    fn wait<T>(&mut self, patience: Duration, mut look: impl FnMut(&mut Heard) -> Option<T>) -> Option<T> {
        let started = Instant::now();
        loop {
            self.answer_pending();
            let heard = self.heard.clone();
            let mut guard = heard.0.lock().unwrap();
            if let Some(found) = look(&mut guard) {
                return Some(found);
            }
            if guard.ended || started.elapsed() > patience {
                return None;
            }
            drop(heard.1.wait_timeout(guard, Duration::from_millis(20)).unwrap());
        }
    }

    /// Waits for a notification that fits.
    pub fn told(&mut self, method: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.wait(PATIENCE, |heard| {
            heard
                .notifications
                .iter()
                .find(|(name, params)| name == method && fits(params))
                .map(|(_, p)| p.clone())
        })
        .unwrap_or_else(|| panic!("no fitting {method}"))
    }

    /// Notifications of a method so far.
    pub fn all_told(&self, method: &str) -> Vec<Value> {
        let heard = self.heard.0.lock().unwrap();
        heard
            .notifications
            .iter()
            .filter(|(name, _)| name == method)
            .map(|(_, params)| params.clone())
            .collect()
    }

    /// Forgets the notifications so far.
    pub fn forget(&self) {
        self.heard.0.lock().unwrap().notifications.clear();
    }

    /// What the editor answers from now on when it is asked for its settings; it says that they changed.
    pub fn set_settings(&mut self, settings: Value) {
        self.heard.0.lock().unwrap().settings = settings;
        self.notify("workspace/didChangeConfiguration", json!({"settings": null}));
    }

    /// Answers questions with this choice from now on.
    pub fn will_choose(&self, title: &str) {
        self.heard.0.lock().unwrap().choice = Some(title.to_owned());
    }

    /// Methods that the server asked for.
    pub fn was_asked(&self) -> Vec<String> {
        self.heard
            .0
            .lock()
            .unwrap()
            .requests
            .iter()
            .map(|(method, _)| method.clone())
            .collect()
    }

    /// What was on stdout and is no message.
    pub fn junk(&self) -> Vec<String> {
        self.heard.0.lock().unwrap().junk.clone()
    }

    /// The address of a file of the workspace.
    pub fn uri(&self, path: &str) -> String {
        uri(&self.root.join(path))
    }

    /// Opens a file as it is on disk.
    pub fn show(&mut self, path: &str) {
        let text = std::fs::read_to_string(self.root.join(path)).unwrap();
        self.show_text(path, &text);
    }

    /// Opens a document with a text that need not be on disk.
    pub fn show_text(&mut self, path: &str, text: &str) {
        let language = path.rsplit('.').next().unwrap_or_default();
        self.texts.insert(path.to_owned(), (1, text.to_owned()));
        let document = json!({"uri": self.uri(path), "languageId": language, "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Replaces the text of an open document.
    pub fn retype(&mut self, path: &str, text: &str) {
        let entry = self.texts.get_mut(path).unwrap();
        *entry = (entry.0 + 1, text.to_owned());
        let document = json!({"uri": uri(&self.root.join(path)), "version": entry.0});
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [{"text": text}]}),
        );
    }

    /// The position of `$0` in `needle`, where the rest of it stands in the open document.
    pub fn at(&self, path: &str, needle: &str) -> Value {
        let text = &self.texts[path].1;
        let (before, after) = needle.split_once("$0").unwrap_or(("", needle));
        let found = text
            .find(&format!("{before}{after}"))
            .unwrap_or_else(|| panic!("{needle} is not in {path}"));
        let start = &text[..found + before.len()];
        let line = start.matches('\n').count();
        let character = start
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .encode_utf16()
            .count();
        json!({"textDocument": {"uri": self.uri(path)}, "position": {"line": line, "character": character}})
    }

    /// The hover's text at `$0` in `needle`; empty where there is none.
    pub fn hover(&mut self, path: &str, needle: &str) -> String {
        let at = self.at(path, needle);
        let hover = self.request("textDocument/hover", at);
        hover["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// Hovers until the text holds `wanted`.
    pub fn hover_until(&mut self, path: &str, needle: &str, wanted: &str) -> String {
        let started = Instant::now();
        loop {
            let text = self.hover(path, needle);
            if text.contains(wanted) {
                return text;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{wanted:?} never came; the hover is {text:?}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A command and its answer.
    pub fn command(&mut self, name: &str, arguments: Value) -> Value {
        self.request(
            "workspace/executeCommand",
            json!({"command": name, "arguments": arguments}),
        )
    }

    /// The process's number.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Closes the pipe and waits for the end.
    pub fn hang_up(&mut self) -> Option<ExitStatus> {
        self.input = None;
        self.ended()
    }

    /// `shutdown` and `exit`.
    pub fn quit(&mut self) -> Option<ExitStatus> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.ended()
    }

    /// Waits for the process to end by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        crate::eventually(Duration::from_secs(20), || self.process.try_wait().unwrap())
    }

    /// Kills the server, as a crash would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address of a path.
pub fn uri(path: &Path) -> String {
    let text = path.display().to_string();
    let escaped: String = text
        .bytes()
        .map(|b| match b {
            b'/' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
            b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    format!("file://{escaped}")
}

fn read(output: &mut impl BufRead, heard: &Arc<(Mutex<Heard>, Condvar)>) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => match length.take() {
                Some(length) => {
                    let mut body = vec![0; length];
                    output.read_exact(&mut body).ok()?;
                    return serde_json::from_slice(&body).ok();
                }
                None => continue,
            },
            header => match header.strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse().ok(),
                None => heard.0.lock().unwrap().junk.push(header.to_owned()),
            },
        }
    }
}

fn hear(message: Value, heard: &Arc<(Mutex<Heard>, Condvar)>, answers: &Sender<Value>) {
    let mut guard = heard.0.lock().unwrap();
    match (message["method"].as_str(), message.get("id")) {
        (Some(method), Some(id)) => {
            let result = match method {
                "workspace/configuration" => json!([guard.settings]),
                "window/showMessageRequest" => match &guard.choice {
                    Some(title) => json!({"title": title}),
                    None => Value::Null,
                },
                _ => Value::Null,
            };
            guard
                .requests
                .push((method.to_owned(), message["params"].clone()));
            let _ = answers.send(json!({"jsonrpc": "2.0", "id": id, "result": result}));
        }
        (Some(method), None) => guard
            .notifications
            .push((method.to_owned(), message["params"].clone())),
        (None, _) => {
            if let Some(id) = message["id"].as_u64() {
                guard.replies.insert(id, message);
            } else {
                // an error without an id: told as the notification that it is
                guard.notifications.push(("(error)".to_owned(), message));
            }
        }
    }
    heard.1.notify_all();
}
