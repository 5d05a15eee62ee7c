//! What a server makes of the requests that publishing rests on. The answer is shown to people; the
//! way of publishing is the same on all of them.

use uuid::Uuid;

use super::{
    client::Dav,
    error::DavError,
    verbs::{Overwrite, Payload},
};

/// What a server promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// It keeps to what the standards say, as far as that was tried.
    Strong,
    /// It ignores at least one condition: what is lost on the way is noticed, and done again.
    Weak,
}

impl Strength {
    /// As the status tells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Strength::Strong => "strong",
            Strength::Weak => "weak",
        }
    }
}

/// Tries it in a folder of its own below `tmp/`, which goes again.
pub async fn probe(dav: &Dav, tmp: &str) -> Result<Strength, DavError> {
    let folder = format!("{tmp}probe-{}/", Uuid::new_v4().simple());
    dav.ensure_folder(&folder).await?;
    let tried = attempt(dav, &folder).await;
    dav.delete(&folder).await?;
    tried
}

async fn attempt(dav: &Dav, folder: &str) -> Result<Strength, DavError> {
    let file = format!("{folder}file");
    let text = |text: &str| Payload::from(text.as_bytes().to_vec());
    dav.put(&file, &text("one"), Overwrite::Yes).await?;
    // PUT on an existing file, on the condition that there is none
    let condition = match dav.put(&file, &text("two"), Overwrite::No).await {
        Ok(()) => false,
        Err(DavError::Conflict { .. }) => true,
        Err(error) => return Err(error),
    };
    // MKCOL of what is there
    let folders = match dav.make_folder(folder).await {
        Ok(()) => false,
        Err(DavError::Conflict { .. } | DavError::Status { .. }) => true,
        Err(error) => return Err(error),
    };
    let locks = match dav.lock(&file, "probe", std::time::Duration::from_secs(30)).await {
        Ok(lock) => {
            let second = dav.lock(&file, "probe", std::time::Duration::from_secs(30)).await;
            // the folder goes next, and its lock with it
            let _ = dav.unlock(&lock).await;
            matches!(second, Err(DavError::Locked(_)))
        }
        Err(_) => false,
    };
    Ok(match condition && folders && locks {
        true => Strength::Strong,
        false => Strength::Weak,
    })
}
