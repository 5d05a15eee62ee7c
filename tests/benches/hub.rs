//! One hub and those who ask it: pages per second on both databases, the answer that nothing changed at
//! two sizes, and five hundred editors at once.
#![allow(clippy::print_stdout, reason = "a benchmark prints its report")]

mod rig;

use anyhow::{Result, ensure};
use metasync_tests::postgres::Database;
use rig::{
    crowd::{self, Crowd},
    http::Http,
    hub::{Filling, Hub},
    memory,
    report::{Figure, Report},
    samples::{Samples, measure},
};

/// Environment variable with the address of a PostgreSQL server for benchmarks and tests.
const POSTGRES: &str = "METASYNC_TEST_POSTGRES";
/// Objects of a page.
const PAGE: usize = 1_000;
/// Connections of the hub that is asked whether something changed.
const CONNECTIONS: usize = 50;
/// How much the answer may grow with a thousand times as many objects.
const AIM_GROWTH: f64 = 1.5;
/// Answers "nothing changed" of a sample.
const UNCHANGED: usize = 2_000;
/// Aim of the push, 99 of 100 (performance.md: events).
const AIM_PUSH_P99: f64 = 1_000.0;

/// A form of the page.
struct Form {
    name: &'static str,
    headers: &'static str,
}

const FORMS: [Form; 2] = [
    Form {
        name: "JSON",
        headers: "",
    },
    Form {
        name: "MessagePack, zstd",
        headers: "Accept: application/vnd.metasync.package+msgpack\r\nAccept-Encoding: zstd\r\n",
    },
];

fn main() -> Result<()> {
    let mut figures = Vec::new();
    throughput(&mut figures)?;
    unchanged(&mut figures)?;
    let crowd = crowd_of_editors(&mut figures)?;
    Report {
        conditions: format!(
            "{}, put into the hub through its store. Pages: all pages of {PAGE} objects by cursor, over one kept \
             connection on loopback; the limit is the same number of bytes over a bare loopback connection. \
             PostgreSQL is measured where {POSTGRES} names a server. Nothing changed: {UNCHANGED} requests with \
             ETag and cursor, {CONNECTIONS} connections whose objects own nothing. The crowd: {} event streams \
             and {} connections that ask once a second with ETag and cursor, all in the benchmark's one process on \
             the same cores, while {} changes are written; times count from sending the change. {crowd}",
            rig::catalogue::ABOUT,
            crowd::EDITORS,
            crowd::EDITORS,
            crowd::CHANGES,
        ),
        figures,
    }
    .print()
}

fn throughput(figures: &mut Vec<Figure>) -> Result<()> {
    let objects = if rig::quick() { 10_000 } else { 100_000 };
    let mut databases: Vec<(&str, Option<Database>)> = vec![("SQLite", None)];
    if std::env::var_os(POSTGRES).is_some() {
        databases.push(("PostgreSQL", Some(Database::new())));
    }
    for (name, database) in databases {
        let hub = Hub::with(&Filling {
            connections: 1,
            objects,
            bare: false,
            database: database.as_ref().map(|d| d.url.clone()),
        })?;
        let (mut pages, _) = crowd::pages(&hub, PAGE)?;
        pages.pop();
        for form in &FORMS {
            let mut bytes = 0;
            let ours = measure(if rig::quick() { 3 } else { 5 }, || {
                bytes = pull(&hub, form, &pages)?;
                Ok(())
            })?;
            let seconds = ours.median() / 1_000.0;
            let limit = measure(5, || crowd::carry(bytes))?;
            figures.push(
                Figure::new(
                    format!(
                        "sync package, {name}, {}: {} objects ({} objects/s, {:.0} MB at {:.0} MB/s)",
                        form.name,
                        rig::shown(objects),
                        rig::shown((objects as f64 / seconds) as usize),
                        bytes as f64 / 1e6,
                        bytes as f64 / 1e6 / seconds
                    ),
                    "ms",
                    ours.median(),
                )
                .against("the same bytes over loopback", limit.median()),
            );
        }
        let peak = memory::of(hub.process())?.peak;
        figures.push(Figure::new(
            format!("hub's memory after it, {name}, peak"),
            "MiB",
            peak,
        ));
    }
    Ok(())
}

/// All pages; the bytes of their bodies.
fn pull(hub: &Hub, form: &Form, pages: &[String]) -> Result<usize> {
    let mut http = Http::connect(hub.url(), hub.token())?;
    let mut bytes = 0;
    for path in pages {
        let answer = http.send("GET", path, form.headers, "")?;
        ensure!(answer.status == 200, "the hub answered {}", answer.status);
        bytes += answer.body.len();
    }
    Ok(bytes)
}

fn unchanged(figures: &mut Vec<Figure>) -> Result<()> {
    let many = if rig::quick() { 100_000 } else { 1_000_000 };
    let mut both = Vec::new();
    for objects in [1_000, many] {
        let hub = Hub::with(&Filling {
            connections: CONNECTIONS,
            objects,
            bare: true,
            database: None,
        })?;
        let mut http = Http::connect(hub.url(), hub.token())?;
        let (path, etag) = crowd::checkpoint(&hub)?;
        let samples = measure(UNCHANGED, || {
            let answer = http.get(&path, Some(&etag))?;
            ensure!(answer.status == 304, "the hub answered {}", answer.status);
            Ok(())
        })?;
        let health = measure(UNCHANGED, || http.get("/healthz", None).map(drop))?;
        both.push((samples, health));
    }
    let [(few, _), (large, health)] = both.as_slice() else {
        return Ok(());
    };
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        figures.push(
            Figure::new(
                format!(
                    "nothing changed, {CONNECTIONS} connections, {} objects, {name}",
                    rig::shown(many)
                ),
                "ms",
                large.percentile(share),
            )
            .against("the same at 1,000", few.percentile(share))
            .ratio_at_most(AIM_GROWTH),
        );
    }
    figures.push(
        Figure::new(
            "the same, p50, against the shortest answer",
            "ms",
            large.percentile(0.5),
        )
        .against("/healthz", health.percentile(0.5)),
    );
    Ok(())
}

fn crowd_of_editors(figures: &mut Vec<Figure>) -> Result<String> {
    let hub = Hub::with_objects(if rig::quick() { 2_000 } else { 20_000 })?;
    let before = memory::of(hub.process())?.resident;
    let alone = {
        let mut http = Http::connect(hub.url(), hub.token())?;
        let (path, etag) = crowd::checkpoint(&hub)?;
        measure(UNCHANGED, || http.get(&path, Some(&etag)).map(drop))?
    };
    let crowd = Crowd::gather(&hub)?;
    let told = |name: &str, samples: &Samples, share: f64| {
        Figure::new(
            format!("{} editors: {name}", crowd::EDITORS),
            "ms",
            samples.percentile(share),
        )
    };
    figures.push(told("a poll, p50", &crowd.polls, 0.5).against("alone", alone.percentile(0.5)));
    figures.push(told("a poll, p99", &crowd.polls, 0.99).against("alone", alone.percentile(0.99)));
    figures.push(told("from a change to its event, p50", &crowd.events, 0.5));
    figures.push(told("from a change to its event, p99", &crowd.events, 0.99).at_most(AIM_PUSH_P99));
    figures.push(told(
        "from a change to the editor's hover, p50",
        &crowd.hovers,
        0.5,
    ));
    figures.push(told(
        "from a change to the editor's hover, p99",
        &crowd.hovers,
        0.99,
    ));
    let memory = memory::of(hub.process())?;
    figures.push(
        Figure::new(
            format!("hub's memory with {} editors", crowd::EDITORS),
            "MiB",
            memory.resident,
        )
        .against("without any", before),
    );
    Ok(format!(
        "{} polls were answered, {} events heard of {} expected.",
        rig::shown(crowd.polled),
        rig::shown(crowd.heard),
        rig::shown(crowd::EDITORS * crowd::CHANGES)
    ))
}
