//! Contents of files through one `git cat-file --batch`.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{ChildStdin, ChildStdout},
};

use super::command::Git;
use crate::{
    Contents, Entry, SourceError,
    limits::MAX_FILE_BYTES,
    listing::{file_error, too_large},
};

/// Bytes of the pipe's buffer.
const BUFFER_BYTES: usize = 256 * 1024;

/// Names that are written at once.
const NAMES_AT_ONCE: usize = 1024;

pub(super) async fn read(
    git: &Git,
    entries: &[Entry],
    seen: &(dyn Fn(&str) + Send + Sync),
) -> Result<Contents, SourceError> {
    let mut contents = Contents::default();
    if entries.is_empty() {
        return Ok(contents);
    }
    let (mut running, stdin, stdout) = git.talk(&["cat-file", "--batch", "--buffer"])?;
    let answers = async {
        let mut stdout = BufReader::with_capacity(BUFFER_BYTES, stdout);
        for entry in entries {
            match next_size(&mut stdout).await? {
                None => contents.errors.push(file_error(
                    &entry.path,
                    "unreadable",
                    "the clone does not hold the file's content",
                )),
                Some(size) if size > MAX_FILE_BYTES => {
                    let mut content = (&mut stdout).take(size + 1);
                    let mut nowhere = tokio::io::sink();
                    tokio::io::copy(&mut content, &mut nowhere)
                        .await
                        .map_err(broken)?;
                    contents.errors.push(too_large(&entry.path, size));
                }
                Some(size) => {
                    let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
                    stdout.read_exact(&mut bytes).await.map_err(broken)?;
                    stdout.read_u8().await.map_err(broken)?;
                    contents.push(&entry.path, bytes);
                }
            }
            seen(&entry.path);
        }
        Ok::<_, SourceError>(contents)
    };
    let (asked, answered) = tokio::join!(ask(stdin, entries), answers);
    let contents = answered?;
    asked?;
    running.wait().await?;
    Ok(contents)
}

async fn ask(mut stdin: ChildStdin, entries: &[Entry]) -> Result<(), SourceError> {
    let mut request = String::with_capacity(entries.len().min(NAMES_AT_ONCE) * 41);
    let speaking = || SourceError::io("speaking to git cat-file");
    for chunk in entries.chunks(NAMES_AT_ONCE) {
        request.clear();
        for entry in chunk {
            request.push_str(&entry.handle);
            request.push('\n');
        }
        stdin.write_all(request.as_bytes()).await.map_err(speaking())?;
    }
    stdin.shutdown().await.map_err(speaking())
}

fn broken(error: std::io::Error) -> SourceError {
    SourceError::io("reading from git cat-file")(error)
}

/// `<id> blob <size>`, or `<what was asked> missing`.
async fn next_size(stdout: &mut BufReader<ChildStdout>) -> Result<Option<u64>, SourceError> {
    let mut header = Vec::new();
    stdout.read_until(b'\n', &mut header).await.map_err(broken)?;
    let header = String::from_utf8_lossy(&header);
    let header = header.trim_end();
    if header.ends_with(" missing") {
        return Ok(None);
    }
    let mut fields = header.split(' ').skip(1);
    match (fields.next(), fields.next().map(str::parse)) {
        (Some("blob"), Some(Ok(size))) => Ok(Some(size)),
        _ => Err(SourceError::Git(
            "git cat-file ended early: the clone is damaged".into(),
        )),
    }
}
