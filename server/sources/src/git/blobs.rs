//! Contents of files and commits, through `git cat-file --batch`.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{ChildStdin, ChildStdout},
    sync::Mutex,
};

use super::command::{Git, Running};
use crate::{
    Contents, Entry, SourceError,
    limits::MAX_FILE_BYTES,
    listing::{file_error, too_large},
};

/// Bytes of the pipe's buffer.
const BUFFER_BYTES: usize = 256 * 1024;

/// Names that are written at once.
const NAMES_AT_ONCE: usize = 1024;

/// Up to so many contents are asked of the one process that is kept; for more, another one answers
/// in larger portions.
const FEW: usize = 256;

/// The clone's objects, asked for one after the other.
pub(super) struct Objects {
    kept: Mutex<Option<Conversation>>,
}

/// A running `git cat-file --batch`.
struct Conversation {
    running: Running,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Objects {
    pub(super) fn new() -> Objects {
        Objects {
            kept: Mutex::new(None),
        }
    }

    /// Ends the process that is kept: what it knows of the clone is of before a fetch.
    pub(super) async fn forget(&self) {
        *self.kept.lock().await = None;
    }

    /// Contents of files.
    pub(super) async fn read(
        &self,
        git: &Git,
        entries: &[Entry],
        seen: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<Contents, SourceError> {
        if entries.is_empty() {
            return Ok(Contents::default());
        }
        if entries.len() > FEW {
            let mut conversation = Conversation::begin(git, &["cat-file", "--batch", "--buffer"])?;
            let answers = answers(&mut conversation.stdout, entries, seen);
            let (asked, answered) = tokio::join!(ask_all(conversation.stdin, entries), answers);
            let contents = answered?;
            asked?;
            conversation.running.wait().await?;
            return Ok(contents);
        }
        let mut kept = self.kept.lock().await;
        // Taken: should this be dropped half way, nobody goes on in the middle of an answer.
        let mut conversation = match kept.take() {
            Some(conversation) => conversation,
            None => Conversation::begin(git, &["cat-file", "--batch"])?,
        };
        let Conversation { stdin, stdout, .. } = &mut conversation;
        let (asked, answered) = tokio::join!(ask(stdin, entries), answers(stdout, entries, seen));
        let contents = answered?;
        asked?;
        *kept = Some(conversation);
        Ok(contents)
    }

    /// The commit that a name stands for, and its tree; `None`: there is none.
    pub(super) async fn commit(
        &self,
        git: &Git,
        name: &str,
    ) -> Result<Option<(String, String)>, SourceError> {
        let mut kept = self.kept.lock().await;
        let mut conversation = match kept.take() {
            Some(conversation) => conversation,
            None => Conversation::begin(git, &["cat-file", "--batch"])?,
        };
        let Conversation { stdin, stdout, .. } = &mut conversation;
        let request = format!("{name}^{{commit}}\n");
        let speaking = SourceError::io("speaking to git cat-file");
        stdin.write_all(request.as_bytes()).await.map_err(speaking)?;
        let found = match header(stdout).await? {
            Header::Object { id, kind, size } if kind == "commit" => {
                let content = content(stdout, size.min(MAX_FILE_BYTES)).await?;
                let text = String::from_utf8_lossy(&content);
                let tree = text.lines().find_map(|line| line.strip_prefix("tree "));
                tree.map(|tree| (id, tree.to_owned()))
            }
            Header::Missing => None,
            Header::Object { .. } => return Err(damaged()),
        };
        *kept = Some(conversation);
        Ok(found)
    }
}

impl Conversation {
    fn begin(git: &Git, args: &[&str]) -> Result<Conversation, SourceError> {
        let (running, stdin, stdout) = git.talk(args)?;
        Ok(Conversation {
            running,
            stdin,
            stdout: BufReader::with_capacity(BUFFER_BYTES, stdout),
        })
    }
}

async fn answers(
    stdout: &mut BufReader<ChildStdout>,
    entries: &[Entry],
    seen: &(dyn Fn(&str) + Send + Sync),
) -> Result<Contents, SourceError> {
    let mut contents = Contents::default();
    for entry in entries {
        match header(stdout).await? {
            Header::Missing => contents.errors.push(file_error(
                &entry.path,
                "unreadable",
                "the clone does not hold the file's content",
            )),
            Header::Object { kind, .. } if kind != "blob" => return Err(damaged()),
            Header::Object { size, .. } if size > MAX_FILE_BYTES => {
                let mut content = stdout.take(size + 1);
                let mut nowhere = tokio::io::sink();
                tokio::io::copy(&mut content, &mut nowhere)
                    .await
                    .map_err(broken)?;
                contents.errors.push(too_large(&entry.path, size));
            }
            Header::Object { size, .. } => contents.push(&entry.path, content(stdout, size).await?),
        }
        seen(&entry.path);
    }
    Ok(contents)
}

/// The content after a header, and the line's end after it.
async fn content(stdout: &mut BufReader<ChildStdout>, size: u64) -> Result<Vec<u8>, SourceError> {
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    stdout.read_exact(&mut bytes).await.map_err(broken)?;
    stdout.read_u8().await.map_err(broken)?;
    Ok(bytes)
}

/// Asks for everything, and for the end.
async fn ask_all(mut stdin: ChildStdin, entries: &[Entry]) -> Result<(), SourceError> {
    ask(&mut stdin, entries).await?;
    let speaking = SourceError::io("speaking to git cat-file");
    stdin.shutdown().await.map_err(speaking)
}

async fn ask(stdin: &mut ChildStdin, entries: &[Entry]) -> Result<(), SourceError> {
    let mut request = String::with_capacity(entries.len().min(NAMES_AT_ONCE) * 41);
    for chunk in entries.chunks(NAMES_AT_ONCE) {
        request.clear();
        for entry in chunk {
            request.push_str(&entry.handle);
            request.push('\n');
        }
        let speaking = SourceError::io("speaking to git cat-file");
        stdin.write_all(request.as_bytes()).await.map_err(speaking)?;
    }
    Ok(())
}

fn broken(error: std::io::Error) -> SourceError {
    SourceError::io("reading from git cat-file")(error)
}

fn damaged() -> SourceError {
    SourceError::Git("git cat-file ended early: the clone is damaged".into())
}

/// What git says before a content.
enum Header {
    Object { id: String, kind: String, size: u64 },
    Missing,
}

/// `<id> <kind> <size>`, or `<what was asked> missing`.
async fn header(stdout: &mut BufReader<ChildStdout>) -> Result<Header, SourceError> {
    let mut line = Vec::new();
    stdout.read_until(b'\n', &mut line).await.map_err(broken)?;
    let line = String::from_utf8_lossy(&line);
    let line = line.trim_end();
    if line.ends_with(" missing") {
        return Ok(Header::Missing);
    }
    let mut fields = line.split(' ');
    match (fields.next(), fields.next(), fields.next().map(str::parse)) {
        (Some(id), Some(kind), Some(Ok(size))) => Ok(Header::Object {
            id: id.to_owned(),
            kind: kind.to_owned(),
            size,
        }),
        _ => Err(damaged()),
    }
}
