//! Reading a REST source page by page.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use reqwest::{
    Method,
    header::{HeaderMap, LINK},
};
use serde::Deserialize as _;
use serde_json::{Value, value::RawValue};
use url::Url;

use super::{
    super::{
        Begin, End, EntryError, EntryReader, EntrySpec, Outside, Pending, Place, Portion, Row, RowError,
        Step, blocking,
        limits::{MAX_ANSWER_BYTES, MAX_PAUSE, MAX_PAUSES, PORTION_ITEMS},
    },
    answer::{self, Page},
    auth::Auth,
    http::{Answer, Ask, Http},
    options::{Options, Paging},
    pages::{Position, Then},
    unchanged::{Memory, SeenPage, Validators},
};

pub(super) struct RestReader {
    url: Url,
    options: Options,
    auth: Auth,
    http: Http,
    position: Position,
    /// Of the last complete read: what it takes to find out that nothing changed.
    before: Option<Memory>,
    /// Of this one, as long as it may be believed next time.
    now: Option<Memory>,
    /// Items of a page that are still to be given, and where reading stands behind them.
    rest: VecDeque<Box<RawValue>>,
    behind: Position,
    then: Then,
    had_errors: bool,
    /// Pages read since the last pause.
    since_pause: u64,
    asked: Option<Instant>,
}

impl RestReader {
    pub(super) fn open(spec: &EntrySpec, outside: &Outside, begin: Begin) -> Result<RestReader, EntryError> {
        let options = Options::read(spec)?;
        let http = Http::new(outside.reach);
        let auth = options.auth.resolve(&outside.variables, &http)?;
        let position = begin.position.and_then(|value| Position::deserialize(value).ok());
        let is_whole = position.is_none() && options.method == Method::GET;
        let before = begin.previous.and_then(|value| Memory::deserialize(value).ok());
        Ok(RestReader {
            url: outside.reach.check(spec.identifier.trim())?,
            options,
            auth,
            http,
            before: before.filter(|_| is_whole),
            position: position.unwrap_or_default(),
            now: is_whole.then(Memory::default),
            rest: VecDeque::new(),
            behind: Position::default(),
            then: Then::Next,
            had_errors: false,
            since_pause: 0,
            asked: None,
        })
    }

    async fn step(&mut self) -> Result<Step, EntryError> {
        while self.rest.is_empty() {
            match &self.then {
                Then::Next => {}
                Then::End => return Ok(Step::End(self.end(Vec::new()))),
                Then::Stop(why) => {
                    let why = vec![why.clone()];
                    return Ok(Step::End(self.end(why)));
                }
            }
            let answer = match self.before.take() {
                None => self.ask(&Validators::default()).await?,
                Some(before) => match self.first_unless_unchanged(&before).await? {
                    Some(answer) => answer,
                    None => {
                        return Ok(Step::End(End {
                            is_complete: true,
                            is_unchanged: true,
                            warnings: Vec::new(),
                            memory: serde_json::to_value(&before).unwrap_or_default(),
                        }));
                    }
                },
            };
            self.turn(answer).await?;
        }
        self.portion().await
    }

    /// Asks page by page whether it is as it was; `None`: all are, else the first page to begin with.
    async fn first_unless_unchanged(&mut self, before: &Memory) -> Result<Option<Answer>, EntryError> {
        let of_source = self
            .options
            .pagination
            .as_ref()
            .is_some_and(|p| p.first_tells_all);
        let asked = if of_source { 1 } else { before.pages.len() };
        for (number, page) in before.pages.iter().take(asked).enumerate() {
            self.position = page.position(number);
            let answer = self.ask(&page.validators).await?;
            self.position = Position::default();
            match answer.status {
                304 => {}
                _ if number == 0 => return Ok(Some(answer)),
                // what did not change until there has to be read as well
                _ => return self.ask(&Validators::default()).await.map(Some),
            }
        }
        Ok(None)
    }

    /// Takes a page in.
    async fn turn(&mut self, answer: Answer) -> Result<(), EntryError> {
        let data = self.options.data_path.clone();
        let next = match self.options.pagination.as_ref().map(|p| &p.kind) {
            Some(Paging::Cursor { path, .. } | Paging::Link { path: Some(path) }) => Some(path.clone()),
            _ => None,
        };
        let link = answer.header(LINK).map(str::to_owned);
        if let Some(memory) = self.now.take() {
            self.now = memory.with(SeenPage::new(&self.position, &answer));
        }
        let (url, body) = (answer.url, answer.body);
        let page: Page = blocking(move || answer::page(&body, data.as_ref(), next.as_ref())).await?;
        let mut behind = self.position.clone();
        let items: Vec<&str> = page.items.iter().map(|item| item.get()).collect();
        let pagination = self.options.pagination.as_ref();
        self.then = behind.turn(pagination, &items, page.next.as_ref(), link.as_deref(), &url);
        let done = self.position.items;
        self.rest = page.items.into_iter().skip(done).collect();
        self.since_pause += 1;
        if self.rest.is_empty() {
            self.position = behind;
        } else {
            self.behind = behind;
        }
        Ok(())
    }

    async fn portion(&mut self) -> Result<Step, EntryError> {
        let count = self.rest.len().min(PORTION_ITEMS);
        let items: Vec<Box<RawValue>> = self.rest.drain(..count).collect();
        let (fields, first) = (self.options.fields.clone(), self.position.items);
        let page = self.options.pagination.as_ref().map(|_| self.position.pages + 1);
        let (rows, errors) = blocking(move || {
            let (mut rows, mut errors) = (Vec::with_capacity(items.len()), Vec::new());
            for (nth, item) in items.iter().enumerate() {
                let number = first + nth + 1;
                let words = match page {
                    Some(page) => format!("page {page}, item {number}"),
                    None => format!("item {number}"),
                };
                let place = Place { line: None, words };
                let (code, why) = match serde_json::from_str::<Value>(item.get()) {
                    Ok(item) => match fields.of(&item) {
                        Some(values) => {
                            rows.push(Row { place, values });
                            continue;
                        }
                        None => ("no_object", "is no JSON object".to_owned()),
                    },
                    // as JSON it was read before: it is nested too deep, or has a number that is too large
                    Err(error) => ("unreadable_item", format!("can't be read: {error}")),
                };
                errors.push(RowError {
                    code,
                    message: format!("{} {why}", place.words),
                    place,
                });
            }
            Ok((rows, errors))
        })
        .await?;
        self.had_errors |= !errors.is_empty();
        self.position.items += count;
        if self.rest.is_empty() {
            self.position = self.behind.clone();
        }
        Ok(Step::Portion(Portion {
            rows,
            errors,
            position: serde_json::to_value(&self.position).unwrap_or_default(),
            share: None,
        }))
    }

    fn end(&self, warnings: Vec<String>) -> End {
        let is_complete = self.then == Then::End && !self.had_errors;
        let memory = self.now.as_ref().filter(|_| is_complete);
        let memory = memory.and_then(|memory| serde_json::to_value(memory).ok());
        End {
            is_complete,
            is_unchanged: false,
            warnings,
            memory: memory.unwrap_or_default(),
        }
    }

    /// Asks for the next page, if it is not as these tell; waits where the source wants that, once pages come.
    async fn ask(&mut self, unless: &Validators) -> Result<Answer, EntryError> {
        let mut pauses = 0;
        loop {
            if let Some(asked) = self.asked {
                tokio::time::sleep(self.options.interval.saturating_sub(asked.elapsed())).await;
            }
            self.asked = Some(Instant::now());
            let ask = self.request(unless).await?;
            let mut answer = self.http.send(ask).await?;
            if answer.status == 401 && self.auth.renew() {
                let ask = self.request(unless).await?;
                answer = self.http.send(ask).await?;
            }
            if matches!(answer.status, 200..=299) || (answer.status == 304 && !unless.is_empty()) {
                return Ok(answer);
            }
            let error = answer.refused("the source", true);
            let pause = answer.retry_after().unwrap_or(Duration::MAX);
            if answer.status != 429 || pause > MAX_PAUSE || self.since_pause == 0 || pauses >= MAX_PAUSES {
                return Err(error);
            }
            pauses += 1;
            self.since_pause = 0;
            tokio::time::sleep(pause).await;
        }
    }

    async fn request(&mut self, unless: &Validators) -> Result<Ask, EntryError> {
        let mut url = match (&self.options.pagination, &self.position.next) {
            (Some(pagination), Some(next)) if matches!(pagination.kind, Paging::Link { .. }) => {
                self.http.reach.check(next)?
            }
            _ => self.url.clone(),
        };
        let is_home = url.origin() == self.url.origin();
        let mut body = self.options.body.clone();
        if let Some(pagination) = &self.options.pagination {
            for (name, value) in self.position.parameters(pagination) {
                if pagination.in_body {
                    body.get_or_insert_with(|| Value::Object(serde_json::Map::new()))[&name] = value;
                    continue;
                }
                replace_parameter(
                    &mut url,
                    &name,
                    &super::super::json::text(&value).unwrap_or_default(),
                );
            }
        }
        let mut ask = Ask {
            method: self.options.method.clone(),
            url,
            headers: unless.headers(),
            secrets: HeaderMap::new(),
            body: body
                .filter(|_| self.options.method == Method::POST)
                .map(|body| body.to_string().into_bytes()),
            most_bytes: MAX_ANSWER_BYTES,
        };
        // A next page on another origin gets nothing that was meant for this one.
        if is_home {
            ask.secrets = self.options.headers.clone();
            self.auth.add(&mut ask, &mut self.http).await?;
        } else {
            ask.body = None;
        }
        Ok(ask)
    }
}

/// Sets a parameter of the query, in place of one that is there.
fn replace_parameter(url: &mut Url, name: &str, value: &str) {
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(known, _)| known != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair(name, value);
}

impl EntryReader for RestReader {
    fn fields(&self) -> &[String] {
        &self.options.fields.names
    }

    fn next(&mut self) -> Pending<'_, Step> {
        Box::pin(self.step())
    }
}
