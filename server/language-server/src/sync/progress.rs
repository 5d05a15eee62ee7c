//! What the sync task tells while it works. It never waits for who listens.

use metasync_protocol::editor::StatusParams;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Something that happened. A listener shows it as its user is used to: an editor as progress and
/// notifications, the command line as bars.
#[derive(Debug)]
pub enum Event {
    /// The status changed.
    Status(StatusParams),
    /// Work begins that may be watched.
    Begin {
        /// Such as "Syncing metadata".
        title: String,
    },
    /// How far it is: never back.
    Report {
        /// 0 to 100.
        percentage: u32,
        /// Such as "1,200 of 5,000 objects".
        message: String,
    },
    /// The work that began has ended.
    End {
        /// Such as "Up to date: 24 objects".
        message: String,
    },
    /// Facts in the cache changed: what is shown should be asked for again.
    FactsChanged,
    /// Whoever waits for it knows that all before it was shown.
    Settled(tokio::sync::oneshot::Sender<()>),
    /// Something that the user should read.
    Tell {
        /// Whether it is a failure.
        error: bool,
        /// What happened, to what, and what to do.
        message: String,
    },
    /// Which one to use? No answer is an answer too; one goes to [`super::Handle::answer`].
    Ask {
        /// What is asked for.
        question: Question,
        /// The question.
        message: String,
        /// What may be chosen.
        choices: Vec<(Uuid, String)>,
    },
}

/// What the user may have to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The connections of a workspace.
    Connections,
    /// The organization, of a user who belongs to several.
    Organization,
}

impl Question {
    /// How to answer without being asked.
    pub fn otherwise(self) -> &'static str {
        match self {
            Question::Connections => "Run metasync.selectConnections, or set metasync.connections.",
            Question::Organization => "Set metasync.hub.organization.",
        }
    }
}

/// Percentages of one piece of work: within 0 and 100, never back, told at most once per value.
pub struct Outlook {
    events: mpsc::UnboundedSender<Event>,
    begun: bool,
    last: u32,
}

impl Outlook {
    /// Nothing is told before [`Outlook::begin`].
    pub fn new(events: mpsc::UnboundedSender<Event>) -> Outlook {
        Outlook {
            events,
            begun: false,
            last: 0,
        }
    }

    /// The work begins.
    pub fn begin(&mut self, title: &str) {
        if !self.begun {
            self.begun = true;
            self.last = 0;
            let _ = self.events.send(Event::Begin {
                title: title.to_owned(),
            });
            let _ = self.events.send(Event::Report {
                percentage: 0,
                message: String::new(),
            });
        }
    }

    /// `fraction` of the work between `from` and `to` percent is done.
    pub fn report(&mut self, from: u32, to: u32, fraction: f64, message: impl FnOnce() -> String) {
        if !self.begun {
            return;
        }
        let fraction = if fraction.is_finite() {
            fraction.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let percentage = (from + (f64::from(to.saturating_sub(from)) * fraction) as u32).min(100);
        if percentage > self.last {
            self.last = percentage;
            let _ = self.events.send(Event::Report {
                percentage,
                message: message(),
            });
        }
    }

    /// The work has ended, however.
    pub fn end(&mut self, message: &str) {
        if std::mem::take(&mut self.begun) {
            let _ = self.events.send(Event::End {
                message: message.to_owned(),
            });
        }
    }
}

impl Drop for Outlook {
    /// Work that is dropped on its way (another hub was set, the folder was closed) has ended too: an
    /// editor would show it for ever.
    fn drop(&mut self) {
        self.end("Cancelled");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_is_dropped_on_its_way_ends() {
        let (events, mut told) = mpsc::unbounded_channel();
        let mut outlook = Outlook::new(events.clone());
        outlook.begin("x");
        drop(outlook);
        // nothing began: nothing ends
        drop(Outlook::new(events));
        let mut ends = 0;
        while let Ok(event) = told.try_recv() {
            ends += u32::from(matches!(event, Event::End { .. }));
        }
        assert_eq!(ends, 1);
    }

    #[test]
    fn percentages_never_fall_and_stay_within_bounds() {
        let (events, mut told) = mpsc::unbounded_channel();
        let mut outlook = Outlook::new(events);
        outlook.report(0, 50, 0.5, String::new);
        outlook.begin("x");
        for fraction in [0.5, 0.2, f64::NAN, 7.0] {
            outlook.report(0, 50, fraction, String::new);
        }
        outlook.report(50, 200, 1.0, String::new);
        outlook.end("done");
        outlook.end("twice");
        let mut seen = Vec::new();
        while let Ok(event) = told.try_recv() {
            match event {
                Event::Report { percentage, .. } => seen.push(percentage.to_string()),
                Event::Begin { title } => seen.push(title),
                Event::End { message } => seen.push(message),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(seen, ["x", "0", "25", "50", "100", "done"]);
    }
}
