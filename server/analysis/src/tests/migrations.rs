//! Repositories of migrations and plain DDL: what the tables are after all files, in their order.

use expect_test::{Expect, expect};

use crate::{Options, SourceFile, Target, analyze};

fn check(fixture: &str, expected: Expect) {
    let files: Vec<SourceFile> = fixture
        .split("-- file: ")
        .skip(1)
        .filter_map(|part| part.split_once('\n'))
        .map(|(path, text)| SourceFile {
            path: path.trim().to_owned(),
            text: text.to_owned(),
        })
        .collect();
    let facts = analyze(
        &files,
        &Options {
            dialect: "postgres".parse().ok(),
        },
    );
    let mut out = String::new();
    for object in &facts.objects {
        let columns: Vec<String> = object
            .columns
            .iter()
            .map(|column| {
                let data_type = column.data_type.as_deref().unwrap_or("?");
                let said = column.description.as_deref().map(|text| format!(" '{text}'"));
                format!("{} {data_type}{}", column.name, said.unwrap_or_default())
            })
            .collect();
        out.push_str(&format!(
            "{} {} ({}) in {}{}\n",
            object.object_type,
            object.full_name,
            columns.join(", "),
            object.path.as_deref().unwrap_or("-"),
            object
                .description
                .as_deref()
                .map(|text| format!(" '{text}'"))
                .unwrap_or_default()
        ));
        for edge in &object.lineage {
            let source = match &edge.source {
                Target::Object { full_name, .. } => full_name.clone(),
                Target::Unknown { name } => format!("{name}?"),
            };
            out.push_str(&format!(
                "  {source}.{} > {}\n",
                edge.source_column, edge.target_column
            ));
        }
    }
    for problem in &facts.problems {
        out.push_str(&format!(
            "{}:{} {}\n",
            problem.path, problem.line, problem.message
        ));
    }
    expected.assert_eq(&out);
}

#[test]
fn columns_after_all_migrations() {
    check(
        "-- file: db/V1__init.sql
CREATE TABLE app.users (id bigint PRIMARY KEY, name text, age int);
CREATE TABLE app.old_stuff (id int);
CREATE INDEX users_name ON app.users (name);
-- file: db/V2__more.sql
ALTER TABLE app.users ADD COLUMN email text NOT NULL DEFAULT '', DROP COLUMN age;
ALTER TABLE app.users RENAME COLUMN name TO full_name;
ALTER TABLE app.users ALTER COLUMN id TYPE uuid;
COMMENT ON TABLE app.users IS 'People';
COMMENT ON COLUMN app.users.email IS 'Where to write';
-- file: db/V3__views.sql
CREATE VIEW app.contacts AS SELECT * FROM app.users;
DROP TABLE app.old_stuff;
-- file: db/V4__views.sql
CREATE OR REPLACE VIEW app.contacts AS SELECT id, email FROM app.users;
",
        expect![[r#"
            table app.users (id uuid, full_name text, email text 'Where to write') in db/V1__init.sql 'People'
            view app.contacts (id ?, email ?) in db/V4__views.sql
              app.users.email > email
              app.users.id > id
        "#]],
    );
}

#[test]
fn tables_that_get_other_names() {
    check(
        "-- file: 001.sql
CREATE TABLE people (id int, name text);
CREATE VIEW names AS SELECT name FROM people;
-- file: 002.sql
ALTER TABLE people RENAME TO persons;
CREATE TABLE people (key int);
-- file: 003.sql
INSERT INTO people SELECT id FROM persons;
-- file: 004.sql
DROP VIEW names;
DROP TABLE IF EXISTS nobody;
",
        expect![[r#"
            table persons (id int, name text) in 001.sql
            table people (key int) in 002.sql
              persons.id > key
        "#]],
    );
}

#[test]
fn a_step_of_a_script_stays_and_what_a_later_file_drops_goes() {
    check(
        "-- file: 1.sql
CREATE TABLE step AS SELECT a FROM raw;
INSERT INTO report SELECT a FROM step;
DROP TABLE step;
-- file: 2.sql
CREATE TABLE base (x int);
CREATE TABLE other AS SELECT x FROM base;
-- file: 3.sql
DROP TABLE base;
",
        expect![[r#"
            table step (a ?) in 1.sql
              raw?.a > a
            table report (a ?) in 1.sql
              step.a > a
            table other (x ?) in 2.sql
              base?.x > x
        "#]],
    );
}

#[test]
fn numbers_count_and_what_undoes_does_not() {
    check(
        "-- file: V10__drop.sql
ALTER TABLE t DROP COLUMN b;
-- file: V2__add.sql
ALTER TABLE t ADD b int;
-- file: V1__init.sql
CREATE TABLE t (a int);
-- file: R__views.sql
CREATE OR REPLACE VIEW v AS SELECT * FROM t;
-- file: m/1_x.down.sql
DROP TABLE x;
-- file: m/1_x.up.sql
CREATE TABLE x (y int);
-- file: n/1.sql
-- migrate:up
CREATE TABLE z (y int);
-- migrate:down
DROP TABLE z;
",
        expect![[r#"
            view v (a int) in R__views.sql
              t.a > a
            table t (a int) in V1__init.sql
            table x (y int) in m/1_x.up.sql
            table z (y int) in n/1.sql
        "#]],
    );
}
