//! A change that is followed leaves what reading everything would.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use super::*;
use crate::runs::index::FOLLOWED;

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % end
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const TABLES: &[&str] = &["t0", "t1", "t2", "raw.t3", "other.t3", "t4", "t5"];
const COLUMNS: &[&str] = &["id", "amount", "note", "a", "b"];

fn select(n: &mut Numbers, from: impl Fn(&mut Numbers) -> String) -> String {
    let one = from(n);
    match n.below(4) {
        0 => format!("select * from {one}"),
        1 => format!("select {} as x, y.* from {one} y", n.one_of(COLUMNS)),
        2 => format!(
            "select {}, count(*) as n from {one} group by 1",
            n.one_of(COLUMNS)
        ),
        _ => format!(
            "select p.{}, q.* from {one} p join {} q on p.id = q.id",
            n.one_of(COLUMNS),
            from(n)
        ),
    }
}

/// Mostly from tables that stand before it, so that circles are rare.
fn statement(n: &mut Numbers, at: usize) -> String {
    let table = TABLES[at];
    let before = if n.below(60) == 0 { TABLES.len() } else { at.max(1) };
    let from = |n: &mut Numbers| n.one_of(&TABLES[..before]).to_owned();
    match n.below(8) {
        0 | 1 => format!(
            "create table {table} ({} int, {} text);",
            n.one_of(&["id", "k"]),
            n.one_of(&["amount", "note"])
        ),
        2 | 3 if at > 0 => format!("create table {table} as {};", select(n, from)),
        4 => format!("create view v{} as {};", n.below(4), select(n, from)),
        5 if at > 0 => format!("insert into {table} {};", select(n, from)),
        6 => format!("alter table {table} add column {} int;", n.one_of(COLUMNS)),
        _ => format!("{};", select(n, from)),
    }
}

fn model(n: &mut Numbers, number: usize) -> String {
    let from = |n: &mut Numbers| match n.below(5) {
        0 => format!(
            "{{{{ source('raw', '{}') }}}}",
            n.one_of(&["orders", "people", "u"])
        ),
        1 => "{{ ref('k') }}".to_owned(),
        _ => format!("{{{{ ref('m{}') }}}}", n.below(number.max(1))),
    };
    let mut text = select(n, from);
    if n.below(4) == 0 {
        text = text.replacen("select ", "select {{ twice('id') }} as twice, ", 1);
    }
    text
}

/// Each file declares sources and exposures of its own: what is declared twice is an error.
fn properties(n: &mut Numbers, number: usize) -> String {
    let described = format!(
        "version: 2\nmodels:\n  - name: m{}\n    description: Number {}.\n    columns:\n      - name: id\n        data_type: int\n        tests: [unique]\n",
        n.below(6),
        n.below(3)
    );
    match n.below(3) {
        0 => described,
        1 => format!(
            "{described}sources:\n  - name: raw\n    tables:\n      - name: {}\n        columns: [{{name: id}}, {{name: {}}}]\n",
            ["orders", "people", "u"][number],
            n.one_of(COLUMNS)
        ),
        _ => format!(
            "{described}exposures:\n  - name: e{number}\n    type: dashboard\n    depends_on: [ref('m{}')]\n",
            n.below(6)
        ),
    }
}

/// Tests, and what they inherit and import across folders.
fn python(n: &mut Numbers) -> (String, String) {
    let folder = n.one_of(&["tests/", "tests/sub/", ""]);
    let import = |n: &mut Numbers| {
        let of = n.below(3);
        match n.below(10) {
            0 => (format!("from base{of} import Base{of}\n"), format!("Base{of}")),
            1 => (format!("from .base{of} import Base{of} as B\n"), "B".to_owned()),
            2 => (format!("from . import base{of}\n"), format!("base{of}.Base{of}")),
            3 => (format!("import base{of} as b\n"), format!("b.Base{of}")),
            4 => (
                format!("from tests.base{of} import Base{of}\n"),
                format!("Base{of}"),
            ),
            5 => (format!("from tests.sub.base{of} import *\n"), format!("Base{of}")),
            6 => (format!("from ..base{of} import Base{of}\n"), format!("Base{of}")),
            7 => (
                format!("import tests.base{of}\n"),
                format!("tests.base{of}.Base{of}"),
            ),
            8 => (
                format!("from tests import base{of} as b\n"),
                format!("b.Base{of}"),
            ),
            _ => (format!("from base{of} import *\n"), format!("Base{of}")),
        }
    };
    let number = n.below(3);
    match n.below(8) {
        0..3 => {
            let (line, base) = import(n);
            let text = format!(
                "{line}class TestIt({base}):\n    def test_own(self):\n        run('select * from {}')\ndef test_it():\n    use('m{}')\n",
                n.one_of(TABLES),
                n.below(6)
            );
            (format!("{folder}test_{number}.py"), text)
        }
        3 | 4 => {
            let text = format!(
                "class Base{number}:\n    def test_{}(self): pass\n",
                n.one_of(COLUMNS)
            );
            (format!("{folder}base{number}.py"), text)
        }
        5 => {
            let (line, base) = import(n);
            let text = format!(
                "{line}class Base{number}({base}):\n    def test_{}(self): pass\n",
                n.one_of(COLUMNS)
            );
            (format!("{folder}base{number}.py"), text)
        }
        6 => {
            let names = n.one_of(&["Test", "Check", "Test It"]);
            match n.below(3) {
                0 => (
                    "pytest.ini".into(),
                    format!("[pytest]\npython_classes = {names}\n"),
                ),
                1 => (
                    format!("{folder}conftest.py"),
                    "collect_ignore = ['test_1.py']\n".into(),
                ),
                _ => (format!("{folder}__init__.py"), String::new()),
            }
        }
        _ => (format!("{folder}base{number}.py"), "class (\n".into()),
    }
}

/// A file, and what is in it.
fn file(n: &mut Numbers) -> (String, String) {
    match n.below(26) {
        0..9 => {
            let at = n.below(TABLES.len());
            let count = 1 + n.below(2);
            let text: Vec<String> = (0..count).map(|_| statement(n, at)).collect();
            let folder = n.one_of(&["a", "b"]);
            (format!("sql/{folder}/f{at}{}.sql", n.below(2)), text.join("\n"))
        }
        9..14 => {
            let number = n.below(6);
            let folder = n.one_of(&["", "", "x/"]);
            (format!("dbt/models/{folder}m{number}.sql"), model(n, number))
        }
        14 | 15 => {
            let number = n.below(3);
            (format!("dbt/models/p{number}.yml"), properties(n, number))
        }
        16 => (
            "dbt/seeds/k.csv".into(),
            format!("id,{}\n1,2\n", n.one_of(COLUMNS)),
        ),
        17 | 20..26 => python(n),
        18 => (
            "dbt/macros/twice.sql".into(),
            format!(
                "{{% macro twice(c) %}}{} * {{{{ c }}}}{{% endmacro %}}",
                n.below(3)
            ),
        ),
        _ => (format!("docs/d{}.yml", n.below(3)), "a: [b".into()),
    }
}

/// All that there is, so that it can be compared.
async fn everything(world: &World) -> BTreeMap<String, String> {
    let id = world.connection.connection.id;
    let mut all = BTreeMap::new();
    let files = world.store.live_files(world.org, id, None).await.unwrap();
    let ids: Vec<Uuid> = files.iter().map(|f| f.id).collect();
    let footprints = world.store.footprints(world.org, &ids).await.unwrap();
    for file in files {
        let footprint = footprints.get(&file.id);
        all.insert(
            file.relative_path.clone(),
            format!("{} {footprint:?}", file.row_hash),
        );
    }
    let objects = world.store.live_objects(world.org, id, None).await.unwrap();
    let ids: Vec<Uuid> = objects.iter().map(|o| o.id).collect();
    for (object, owned) in world.store.objects_by_id(world.org, &ids).await.unwrap() {
        all.insert(
            format!("{} {}", object.object_type, object.full_name),
            format!("{object:?} {owned:?}"),
        );
    }
    all
}

fn difference(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for key in one
        .keys()
        .chain(other.keys())
        .collect::<std::collections::BTreeSet<_>>()
    {
        if one.get(key) != other.get(key) {
            out += &format!(
                "{key}\n  followed {:?}\n  whole    {:?}\n",
                one.get(key),
                other.get(key)
            );
        }
    }
    out
}

#[tokio::test]
async fn following_changes_is_reading_everything() {
    let mut steps = 0;
    let before = FOLLOWED.load(Ordering::Relaxed);
    for seed in 0..SEEDS {
        let mut n = Numbers(seed);
        let followed = World::new().await;
        let whole = World::of(followed.org).await;
        let mut now: BTreeMap<String, String> = BTreeMap::new();
        now.insert("dbt/dbt_project.yml".into(), "name: shop\nprofile: shop\n".into());
        for _ in 0..24 {
            let (path, text) = file(&mut n);
            now.insert(path, text);
        }
        for (path, text) in &now {
            followed.write(path, text);
            whole.write(path, text);
        }
        let force = SyncRequest {
            force: true,
            ..SyncRequest::default()
        };
        followed.sync_with(force.clone()).await;
        // What failed keeps its last good facts: both have the same past.
        whole.sync_with(force.clone()).await;
        for step in 0..STEPS {
            let mut told = String::new();
            for _ in 0..1 + n.below(3) {
                let nth = n.below(now.len());
                let path = now.keys().nth(nth).unwrap().clone();
                if path == "dbt/dbt_project.yml" {
                    continue;
                }
                match n.below(5) {
                    0 => {
                        now.remove(&path);
                        followed.remove(&path);
                        told += &format!("- {path}\n");
                    }
                    1 => {
                        let text = now.remove(&path).unwrap();
                        followed.remove(&path);
                        let to = path
                            .replace("/a/", "/b/")
                            .replace("/m", "/x/m")
                            .replace("/f", "/g");
                        told += &format!("{path} -> {to}\n");
                        followed.write(&to, &text);
                        now.insert(to, text);
                    }
                    _ => {
                        let (path, text) = file(&mut n);
                        told += &format!("+ {path}: {text}\n");
                        followed.write(&path, &text);
                        now.insert(path, text);
                    }
                }
            }
            let run = followed.sync_with(force.clone()).await;
            assert_eq!(run.state, "completed", "{:?}", run.error);
            std::fs::remove_dir_all(whole.root()).unwrap();
            std::fs::create_dir(whole.root()).unwrap();
            for (path, text) in &now {
                whole.write(path, text);
            }
            let full = SyncRequest {
                full_reindex: true,
                force: true,
                ..SyncRequest::default()
            };
            let run = whole.sync_with(full).await;
            assert_eq!(run.state, "completed", "{:?}", run.error);
            let (one, other) = (everything(&followed).await, everything(&whole).await);
            let differ = difference(&one, &other);
            assert!(
                differ.is_empty(),
                "seed {seed}, step {step}\n{told}\n{differ}\n{now:#?}"
            );
            steps += 1;
        }
    }
    eprintln!(
        "followed {} of {steps}",
        FOLLOWED.load(Ordering::Relaxed) - before
    );
    let share = (FOLLOWED.load(Ordering::Relaxed) - before) * 100 / steps;
    assert!(share >= 30, "only {share} % of the changes were followed");
}

const SEEDS: u64 = 16;
const STEPS: usize = 12;
