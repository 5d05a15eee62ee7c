//! Long work on a thread of its own, which the threads that answer requests come before: while a large
//! repository is analysed on all cores, a trigger or a page must not wait for its turn.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// How much lower its priority is (Linux: nice levels). Threads that it starts have the same.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;
/// The lowest priority there is.
#[cfg(target_os = "linux")]
const LOWEST: i32 = 19;

/// The work panicked; the panic was told where panics are.
#[derive(Debug)]
pub(super) struct Panicked;

/// Does the work. Dropped, the thread goes on: what is long looks by itself whether it is still wanted.
pub(super) async fn background<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Panicked> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = move || {
        lower_priority();
        // Should nobody wait any more, the result is dropped.
        let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
    };
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(thread);
    if let Err(error) = started {
        tracing::error!(%error, name, "no thread can be started");
        return Err(Panicked);
    }
    match receiver.await {
        Ok(Ok(done)) => Ok(done),
        _ => Err(Panicked),
    }
}

#[cfg(target_os = "linux")]
fn lower_priority() {
    use rustix::process::{getpriority_process, setpriority_process};

    // On Linux the process of number 0 is the calling thread. Who started the hub may have lowered it already.
    let lower = getpriority_process(None).map(|now| (now + NICE).min(LOWEST));
    if let Err(error) = lower.and_then(|lower| setpriority_process(None, lower)) {
        tracing::debug!(%error, "the priority stays as it is");
    }
}

#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        assert_eq!(background("t", || 7).await.unwrap(), 7);
        assert!(background("t", || -> u8 { panic!("on purpose") }).await.is_err());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_its_own_thread_and_their_children_step_back() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let here = priority();
        let there = background("t", move || {
            (priority(), std::thread::spawn(priority).join().unwrap())
        });
        let there = there.await.unwrap();
        let lower = (here + NICE).min(LOWEST);
        assert_eq!(there, (lower, lower));
        assert_eq!(priority(), here);
    }
}
