//! A catalogue from a few lines of text, for tests:
//! `model orders models/orders.sql: id integer, total`; `use orders.id -> weekly.id in acme/finance`;
//! `macro euros macros/m.sql (amount, scale)`.

use metasync_analysis::RelationName;
use metasync_protocol::ColumnRow;
use uuid::Uuid;

use crate::{
    InRelease,
    catalogue::{Catalogue, Known, Sureness, User},
};

#[derive(Default)]
pub struct Fake {
    objects: Vec<(Known, Vec<ColumnRow>, Vec<String>)>,
    users: Vec<(String, String, User)>,
    pub releases: Vec<InRelease>,
}

pub fn id(name: &str) -> Uuid {
    let mut bytes = [0; 16];
    for (at, byte) in name.bytes().enumerate() {
        bytes[at % 16] ^= byte;
    }
    Uuid::from_bytes(bytes)
}

impl Fake {
    pub fn new(lines: &str) -> Fake {
        let mut fake = Fake::default();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (kind, rest) = line.split_once(' ').unwrap();
            if kind == "use" {
                fake.add_user(rest);
            } else {
                fake.add_object(kind, rest);
            }
        }
        fake
    }

    fn add_user(&mut self, rest: &str) {
        let (edge, elsewhere) = rest
            .split_once(" in ")
            .map_or((rest, None), |(a, b)| (a, Some(b)));
        let (from, to) = edge.split_once(" -> ").unwrap();
        let (object, column) = from.rsplit_once('.').unwrap();
        let (user, target) = to.rsplit_once('.').unwrap();
        let user = User {
            object: id(user),
            name: user.to_owned(),
            column: target.to_owned(),
            transformation: "direct".to_owned(),
            elsewhere: elsewhere.map(str::to_owned),
        };
        self.users.push((object.to_owned(), column.to_owned(), user));
    }

    fn add_object(&mut self, kind: &str, rest: &str) {
        let (head, columns) = rest.split_once(':').unwrap_or((rest, ""));
        let (head, arguments) = head.split_once(" (").unwrap_or((head, ""));
        let (name, path) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
        let columns = columns.split(',').map(str::trim).filter(|c| !c.is_empty());
        let columns = columns.enumerate().map(|(at, column)| {
            let (column, kind) = column
                .rsplit_once(' ')
                .map_or((column, None), |(a, b)| (a, Some(b)));
            ColumnRow {
                id: Uuid::nil(),
                object_id: Uuid::nil(),
                name: column.to_owned(),
                ordinal: at as u32 + 1,
                data_type: kind.map(str::to_owned),
                description: None,
            }
        });
        let known = Known {
            id: id(name),
            name: name.rsplit('.').next().unwrap_or(name).to_owned(),
            full_name: format!("shop.{name}"),
            object_type: kind.to_owned(),
            path: Some(path.to_owned()).filter(|path| !path.is_empty()),
        };
        let arguments = arguments.trim_end_matches(')').split(',').map(str::trim);
        let arguments = arguments.filter(|a| !a.is_empty()).map(str::to_owned).collect();
        self.objects.push((known, columns.collect(), arguments));
    }

    fn matching(&self, fits: impl Fn(&Known) -> bool) -> Vec<Known> {
        let all = self.objects.iter().map(|(known, ..)| known);
        all.filter(|known| fits(known)).cloned().collect()
    }
}

impl Catalogue for Fake {
    fn is_complete(&self) -> bool {
        true
    }

    fn relation(&self, name: &RelationName, path: &str) -> Vec<Known> {
        self.matching(|known| match name {
            RelationName::Ref { name, .. } => {
                known.name == *name && matches!(known.object_type.as_str(), "model" | "seed" | "snapshot")
            }
            RelationName::Source { source, table } => {
                known.object_type == "source" && known.full_name == format!("shop.{source}.{table}")
            }
            RelationName::Table { parts } => {
                known.object_type != "macro" && parts.last().is_some_and(|part| known.name == *part)
            }
            RelationName::ThisFile => known.path.as_deref() == Some(path) && known.object_type != "macro",
        })
    }

    fn macros(&self, _: Option<&str>, name: &str, _: &str) -> Vec<Known> {
        self.matching(|known| known.object_type == "macro" && known.name == name)
    }

    fn object(&self, id: Uuid) -> Option<Known> {
        self.matching(|known| known.id == id).pop()
    }

    fn columns(&self, object: Uuid) -> Vec<ColumnRow> {
        let of = self.objects.iter().find(|(known, ..)| known.id == object);
        of.map(|(_, columns, _)| columns.clone()).unwrap_or_default()
    }

    fn sureness(&self, object: Uuid) -> Sureness {
        let is_source = |known: &Known| known.object_type == "source";
        let of = self.objects.iter().find(|(known, ..)| known.id == object);
        let is_changed = |known: &Known| known.full_name.contains("changed");
        let missing =
            of.map(|(_, columns, _)| columns.iter().filter(|c| c.data_type.as_deref() == Some("gone")));
        Sureness {
            is_closed: of.is_some_and(|(known, ..)| !is_source(known)),
            is_changed: of.is_some_and(|(known, ..)| is_changed(known)),
            missing: missing.into_iter().flatten().map(|c| c.name.clone()).collect(),
        }
    }

    fn users(&self, object: Uuid, column: &str) -> Vec<User> {
        let of = self
            .users
            .iter()
            .filter(|(name, from, _)| id(name) == object && from.eq_ignore_ascii_case(column));
        of.map(|(.., user)| user.clone()).collect()
    }

    fn has_file(&self, _: &str) -> bool {
        false
    }

    fn degrees(&self, object: Uuid) -> (u64, u64) {
        let uses = self.users.iter().filter(|(name, ..)| id(name) == object).count();
        let built = self
            .users
            .iter()
            .filter(|(.., user)| user.object == object)
            .count();
        (built as u64, uses as u64)
    }

    fn arguments(&self, object: Uuid) -> Vec<String> {
        let of = self.objects.iter().find(|(known, ..)| known.id == object);
        of.map(|(.., arguments)| arguments.clone()).unwrap_or_default()
    }

    fn releases(&self, test: &str) -> Vec<InRelease> {
        let all = self.releases.iter().filter(|one| one.test.full_name == test);
        all.cloned().collect()
    }

    fn alike(&self, types: &[&str], name: &str) -> Vec<String> {
        let near =
            |known: &Known| types.contains(&known.object_type.as_str()) && known.name[..2] == name[..2];
        self.matching(near).into_iter().map(|known| known.name).collect()
    }
}

/// Splits a fixture at `$0`.
pub fn cursor(fixture: &str) -> (String, usize) {
    let offset = fixture.find("$0").expect("a fixture has a $0");
    (fixture.replacen("$0", "", 1), offset)
}
