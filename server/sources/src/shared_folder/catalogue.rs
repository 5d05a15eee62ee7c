//! A catalogue in a shared folder: what `metasync publish` does there, and what a reader looks for. It is the
//! newest publisher's as a whole: nothing is merged.

use super::{Draft, Head, Outcome, ShareError, SharedFolder, View, layout};
use crate::webdav::{DavOptions, percent_decoded};
use uuid::Uuid;

/// Tickets that one publication takes at most, should others overtake it.
const TICKETS: u32 = 5;
/// Looks at a head that moves under one ticket.
const REBASES: u32 = 20;

/// What came of publishing a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The version that holds it.
    pub version: u64,
    /// Whether it is a new one; else the folder had the same already.
    pub is_new: bool,
}

impl SharedFolder {
    /// The catalogue's folder at an address. `publisher` is as in [`SharedFolder::new`].
    pub fn of_catalogue(options: DavOptions, publisher: Uuid) -> Result<SharedFolder, ShareError> {
        Ok(SharedFolder::new(from_the_host(options), publisher)?.within(layout::CATALOGUE))
    }

    /// The address of the folder around the catalogue, for people.
    fn around(&self) -> String {
        let place = self.place();
        let around = place.trim_end_matches('/').strip_suffix(layout::CATALOGUE);
        around.map_or_else(|| place.clone(), |around| around.trim_end_matches('/').to_owned())
    }

    /// The catalogue that is published.
    pub async fn published(&self) -> Result<Head, ShareError> {
        let nothing = || ShareError::NothingPublished(self.around());
        self.look().await?.head.ok_or_else(nothing)
    }

    /// Publishes a catalogue, unless the same is there already. One of somebody else ([`super::Manifest::of`]) is
    /// put aside only with `replace`.
    pub async fn publish_catalogue(
        &self,
        draft: &Draft,
        replace: bool,
        telling: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Published, ShareError> {
        self.prepare().await?;
        let mut above = 0;
        for _ in 0..TICKETS {
            let view = self.look().await?;
            self.refuse_foreign(&view, draft, replace)?;
            if let Some(head) = view.head.filter(|head| is_same(head, draft)) {
                // who was cut off before the copies were written, or published at the same time
                if self.version().await? != Some(head.n) {
                    self.write_copies(&head.manifest).await?;
                }
                return Ok(Published {
                    version: head.n,
                    is_new: false,
                });
            }
            let mut ticket = self.take_ticket(above, telling).await?;
            above = ticket.n;
            telling(format!("Publishing as version {above}"));
            for _ in 0..REBASES {
                let base = match self.look().await {
                    Ok(view) => self.refuse_foreign(&view, draft, replace).map(|()| view.head),
                    Err(error) => Err(error),
                };
                let base = match base {
                    Ok(base) => base,
                    Err(error) => {
                        ticket.abandon().await;
                        return Err(error);
                    }
                };
                match self.publish(ticket, base.as_ref(), draft).await? {
                    Outcome::Published(manifest, refreshed) => {
                        refreshed?;
                        return Ok(Published {
                            version: manifest.n,
                            is_new: true,
                        });
                    }
                    Outcome::HeadMoved(again) => ticket = again,
                    Outcome::Overtaken => break,
                }
            }
        }
        Err(ShareError::Publishing {
            retry_after: std::time::Duration::from_secs(15),
        })
    }

    fn refuse_foreign(&self, view: &View, draft: &Draft, replace: bool) -> Result<(), ShareError> {
        let theirs = view.head.as_ref().and_then(|head| head.manifest.of.clone());
        match theirs {
            Some(whose) if !replace && draft.of.as_ref() != Some(&whose) => Err(ShareError::Taken {
                place: self.around(),
                whose,
            }),
            _ => Ok(()),
        }
    }
}

fn is_same(head: &Head, draft: &Draft) -> bool {
    head.manifest.sha256 == draft.sha256 && head.manifest.of == draft.of
}

/// The same folder counted from its host, so that all folders on the way can be made.
fn from_the_host(mut options: DavOptions) -> DavOptions {
    if let Ok(mut url) = url::Url::parse(&options.base_url) {
        let path = percent_decoded(url.path());
        options.root = format!("{}/{}", path, options.root);
        url.set_path("");
        options.base_url = url.to_string();
    }
    options
}
