//! The loop between stdio and the service, instead of tower-lsp's own: a message that is no JSON
//! gets its error and the next one is read (its codec stops there), notifications take effect in
//! the order in which they came, long requests never hold up short ones, and the end of stdin ends
//! the server.

use std::io;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    sync::mpsc,
    task::JoinSet,
};
use tower_lsp::{
    ClientSocket, ExitedError,
    jsonrpc::{Error, Id, Request, Response},
};

/// Largest message that is read, in bytes: a document of 64 MiB is none that one edits.
pub const MAX_MESSAGE: usize = 64 * 1024 * 1024;
/// Longest header line, in bytes.
const MAX_HEADER: u64 = 8 * 1024;
/// Messages that may wait for the client to read them before the server waits for the client.
const OUTGOING_QUEUE: usize = 1024;

/// What a service answers: nothing to a notification.
pub type Answer = Result<Option<Response>, ExitedError>;

/// Serves until `exit`, the end of `input`, or an output that nobody reads any more.
pub async fn serve<I, O, S>(input: I, output: O, socket: ClientSocket, mut service: S)
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + Send + 'static,
    S: tower_service::Service<Request, Response = Option<Response>, Error = ExitedError>,
    S::Future: Send + Unpin + 'static,
{
    let (mut client_requests, mut client_replies) = socket.split();
    let (outgoing, queue) = mpsc::channel::<Vec<u8>>(OUTGOING_QUEUE);
    let writer = tokio::spawn(write(output, queue));
    let requests_out = outgoing.clone();
    let forwarding = tokio::spawn(async move {
        while let Some(request) = client_requests.next().await {
            if send(&requests_out, &request).await.is_err() {
                return;
            }
        }
    });
    let mut input = BufReader::new(input);
    let mut running = JoinSet::new();
    loop {
        let body = {
            // Goes on while others end: a message of which the header is read must not be begun anew.
            let mut reading = std::pin::pin!(read(&mut input));
            loop {
                tokio::select! {
                    body = &mut reading => break body,
                    // collected as they end, so that the set does not grow with the session
                    Some(_) = running.join_next(), if !running.is_empty() => {}
                }
            }
        };
        let body = match body {
            Ok(Some(body)) => body,
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, "the client sent something that is no message");
                if send(&outgoing, &Response::from_error(Id::Null, Error::parse_error()))
                    .await
                    .is_err()
                {
                    break;
                }
                if error.kind() == io::ErrorKind::InvalidData {
                    continue;
                } else {
                    break;
                }
            }
        };
        match parse(&body) {
            Incoming::Reply(reply) => {
                // a reply that nobody waits for any more is no error
                let _ = client_replies.send(reply).await;
            }
            // the service is silent about requests of the protocol's own that it does not know
            Incoming::Request(request) if request.method().starts_with("$/") && request.id().is_some() => {
                let id = request.id().cloned().unwrap_or(Id::Null);
                let unknown = Response::from_error(id, Error::method_not_found());
                if send(&outgoing, &unknown).await.is_err() {
                    break;
                }
            }
            Incoming::Request(request) => {
                let exit = request.method() == "exit";
                if std::future::poll_fn(|cx| service.poll_ready(cx)).await.is_err() {
                    break;
                }
                let mut answer = service.call(request);
                // The first step of a handler runs here and now: documents change in order.
                match (&mut answer).now_or_never() {
                    Some(answer) => reply(&outgoing, answer).await,
                    None => {
                        let outgoing = outgoing.clone();
                        running.spawn(async move { reply(&outgoing, answer.await).await });
                    }
                }
                if exit {
                    break;
                }
            }
            Incoming::Invalid(error) => {
                if send(&outgoing, &Response::from_error(Id::Null, error))
                    .await
                    .is_err()
                {
                    break;
                }
            }
        }
    }
    running.shutdown().await;
    forwarding.abort();
    drop(outgoing);
    let _ = tokio::time::timeout(std::time::Duration::from_secs(1), writer).await;
}

enum Incoming {
    Request(Request),
    Reply(Response),
    Invalid(Error),
}

fn parse(body: &[u8]) -> Incoming {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) else {
        return Incoming::Invalid(Error::parse_error());
    };
    let parsed = if value.get("method").is_some() {
        serde_json::from_value(value).map(Incoming::Request)
    } else {
        serde_json::from_value(value).map(Incoming::Reply)
    };
    parsed.unwrap_or_else(|_| Incoming::Invalid(Error::invalid_request()))
}

/// The body of the next message; `None` at the end of the input. `InvalidData`: this message is
/// lost, the next one may be read.
async fn read<I: AsyncRead + Unpin>(input: &mut BufReader<I>) -> io::Result<Option<Vec<u8>>> {
    let mut length: Option<usize> = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut *input)
            .take(MAX_HEADER)
            .read_until(b'\n', &mut line)
            .await?;
        if read == 0 {
            return Ok(None);
        }
        let header = line.trim_ascii();
        if header.is_empty() {
            match length.take() {
                Some(length) if length <= MAX_MESSAGE => {
                    let mut body = vec![0; length];
                    return match input.read_exact(&mut body).await {
                        Ok(_) => Ok(Some(body)),
                        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
                        Err(error) => Err(error),
                    };
                }
                Some(length) => {
                    tokio::io::copy(&mut (&mut *input).take(length as u64), &mut tokio::io::sink()).await?;
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("a message of {length} bytes"),
                    ));
                }
                // an empty line between messages
                None => continue,
            }
        }
        if let Some((name, value)) = header
            .iter()
            .position(|b| *b == b':')
            .map(|at| header.split_at(at))
            && name.eq_ignore_ascii_case(b"content-length")
        {
            length = std::str::from_utf8(&value[1..])
                .ok()
                .and_then(|v| v.trim().parse().ok());
            if length.is_none() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "Content-Length is no number",
                ));
            }
        }
    }
}

async fn reply(outgoing: &mpsc::Sender<Vec<u8>>, answer: Answer) {
    if let Ok(Some(response)) = answer {
        let _ = send(outgoing, &response).await;
    }
}

async fn send<M: serde::Serialize>(outgoing: &mpsc::Sender<Vec<u8>>, message: &M) -> Result<(), ()> {
    let body =
        serde_json::to_vec(message).map_err(|error| tracing::error!(%error, "a message was not sent"))?;
    let mut framed = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    framed.extend_from_slice(&body);
    outgoing.send(framed).await.map_err(|_| ())
}

async fn write<O: AsyncWrite + Unpin>(mut output: O, mut queue: mpsc::Receiver<Vec<u8>>) {
    while let Some(message) = queue.recv().await {
        if output.write_all(&message).await.is_err() || output.flush().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn bodies(input: &[u8]) -> Vec<Result<String, io::ErrorKind>> {
        let mut reader = BufReader::new(input);
        let mut out = Vec::new();
        loop {
            match read(&mut reader).await {
                Ok(Some(body)) => out.push(Ok(String::from_utf8_lossy(&body).into_owned())),
                Ok(None) => return out,
                Err(error) => out.push(Err(error.kind())),
            }
        }
    }

    #[tokio::test]
    async fn messages_are_framed_and_a_broken_header_loses_one_message_only() {
        let good = b"Content-Length: 2\r\nContent-Type: x\r\n\r\n{}content-length:2\n\n[]";
        assert_eq!(bodies(good).await, [Ok("{}".to_owned()), Ok("[]".to_owned())]);
        let bad = b"Content-Length: x\r\n\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(
            bodies(bad).await,
            [Err(io::ErrorKind::InvalidData), Ok("{}".to_owned())]
        );
        assert_eq!(bodies(b"Content-Length: 9\r\n\r\n{}").await, []);
    }

    #[test]
    fn what_is_no_message_is_told_apart() {
        assert!(matches!(
            parse(b"{\"jsonrpc\":\"2.0\",\"method\":\"x\"}"),
            Incoming::Request(_)
        ));
        assert!(matches!(
            parse(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}"),
            Incoming::Reply(_)
        ));
        assert!(matches!(parse(b"{broken"), Incoming::Invalid(e) if e.code.code() == -32700));
        assert!(matches!(parse(b"{\"method\":7}"), Incoming::Invalid(e) if e.code.code() == -32600));
    }
}
