//! Contents of files through one `git cat-file --batch`.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use super::command::Git;
use crate::{Contents, Entry, SourceError, limits::MAX_FILE_BYTES, listing::file_error};

/// Bytes of the pipe's buffer.
const BUFFER_BYTES: usize = 256 * 1024;

pub(super) async fn read(
    git: &Git,
    entries: &[Entry],
    seen: &(dyn Fn(&str) + Send + Sync),
) -> Result<Contents, SourceError> {
    let mut contents = Contents::default();
    if entries.is_empty() {
        return Ok(contents);
    }
    let (mut running, mut stdin, stdout) = git.talk(&["cat-file", "--batch", "--buffer"])?;
    let ask = async move {
        let mut request = String::with_capacity(entries.len().min(1024) * 41);
        for chunk in entries.chunks(1024) {
            request.clear();
            for entry in chunk {
                request.push_str(&entry.handle);
                request.push('\n');
            }
            stdin.write_all(request.as_bytes()).await?;
        }
        stdin.shutdown().await
    };
    let answer = async {
        let mut stdout = BufReader::with_capacity(BUFFER_BYTES, stdout);
        let mut header = String::new();
        for entry in entries {
            header.clear();
            stdout
                .read_line(&mut header)
                .await
                .map_err(SourceError::io("reading from git cat-file"))?;
            match size_of(&header)? {
                None => contents.errors.push(file_error(
                    &entry.path,
                    "unreadable",
                    "the clone does not hold the file's content",
                )),
                Some(size) => {
                    let mut bytes = vec![0; size];
                    stdout
                        .read_exact(&mut bytes)
                        .await
                        .map_err(SourceError::io("reading from git cat-file"))?;
                    stdout
                        .read_u8()
                        .await
                        .map_err(SourceError::io("reading from git cat-file"))?;
                    contents.push(&entry.path, bytes);
                }
            }
            seen(&entry.path);
        }
        Ok::<_, SourceError>(contents)
    };
    let (asked, answered) = tokio::join!(ask, answer);
    let contents = answered?;
    asked.map_err(SourceError::io("speaking to git cat-file"))?;
    running.wait().await?;
    Ok(contents)
}

/// `<id> blob <size>`, or `<id> missing`.
fn size_of(header: &str) -> Result<Option<usize>, SourceError> {
    let mut fields = header.split_whitespace().skip(1);
    match (fields.next(), fields.next()) {
        (Some("blob"), Some(size)) => match size.parse::<usize>() {
            Ok(size) if size as u64 <= MAX_FILE_BYTES => Ok(Some(size)),
            _ => Err(SourceError::Git("git cat-file gave a size that can't be".into())),
        },
        (Some("missing"), _) => Ok(None),
        _ => Err(SourceError::Git(
            "git cat-file ended early: the clone is damaged".into(),
        )),
    }
}
