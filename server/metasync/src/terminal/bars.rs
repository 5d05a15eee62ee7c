//! Progress of a sync as a bar, where somebody watches.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use metasync_language_server::sync::Event;
use tokio::{sync::mpsc, task::JoinHandle};

/// Shows events until their sender is gone; returns what the user should have been told.
pub fn show(mut events: mpsc::UnboundedReceiver<Event>) -> JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr_with_hz(15));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:18} [{bar:32}] {pos:>3} %  {msg}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        let mut told = Vec::new();
        while let Some(event) = events.recv().await {
            match event {
                Event::Begin { title } => {
                    bar.reset();
                    bar.set_prefix(title);
                    bar.enable_steady_tick(Duration::from_millis(100));
                }
                Event::Report { percentage, message } => {
                    bar.set_position(u64::from(percentage));
                    bar.set_message(message);
                }
                Event::End { .. } => bar.finish_and_clear(),
                Event::Tell { message, .. } => told.push(message),
                Event::Ask {
                    question,
                    message,
                    choices,
                } => {
                    let names: Vec<String> = choices.into_iter().map(|(_, name)| name).collect();
                    told.push(format!(
                        "{message} ({}) {}",
                        names.join(", "),
                        question.otherwise()
                    ));
                }
                Event::Status(_) | Event::FactsChanged => {}
                Event::Settled(reached) => {
                    let _ = reached.send(());
                }
            }
        }
        bar.finish_and_clear();
        told
    })
}
