//! Column lineage, one statement for each class of problem.

use std::collections::BTreeSet;

use crate::{Options, SourceFile, Target, analyze};

/// Dialect, statements, and the edges wanted: `table.column>table.column`, the bare query as `q`.
const CASES: &[(&str, &str, &str)] = &[
    (
        "hive",
        "INSERT OVERWRITE TABLE tab1 PARTITION (dt='2020') SELECT col1, col2 FROM tab2",
        "tab2.col1>tab1.col1 tab2.col2>tab1.col2",
    ),
    (
        "hive",
        "INSERT OVERWRITE TABLE tab1 SELECT a.id, x.item FROM tab2 a LATERAL VIEW explode(a.items) x AS item",
        "tab2.id>tab1.id tab2.items>tab1.item",
    ),
    (
        "spark",
        "INSERT OVERWRITE TABLE tab1 SELECT id, item FROM tab2 LATERAL VIEW explode(items) x AS item",
        "tab2.id>tab1.id tab2.items>tab1.item",
    ),
    (
        "ansi",
        "INSERT INTO tab1 SELECT col1, (SELECT max(b.x) FROM tab3 b WHERE b.y = tab2.y) AS m FROM tab2 WHERE z IN (SELECT z FROM tab4)",
        "tab2.col1>tab1.col1 tab3.x>tab1.m",
    ),
    (
        "mysql",
        "UPDATE tab1 a INNER JOIN tab2 b ON a.col1=b.col1 SET a.col1=b.col2",
        "tab2.col2>tab1.col1",
    ),
    (
        "tsql",
        "UPDATE x SET x.a = y.b FROM dbo.t1 AS x INNER JOIN dbo.t2 AS y ON x.id = y.id",
        "dbo.t2.b>dbo.t1.a",
    ),
    (
        "tsql",
        "SELECT TOP 10 a.[ColOne] AS [c1], b.c2 INTO #tmp FROM [dbo].[A] a JOIN dbo.B b ON a.id=b.id\nINSERT INTO dbo.out (x, y) SELECT c1, c2 FROM #tmp",
        "#tmp.c1>dbo.out.x #tmp.c2>dbo.out.y dbo.a.colone>#tmp.c1 dbo.b.c2>#tmp.c2",
    ),
    (
        "ansi",
        "INSERT INTO tab1 SELECT extract(day from col1) AS d, col2 + interval '1' day AS e, current_timestamp AS n FROM tab2",
        "tab2.col1>tab1.d tab2.col2>tab1.e",
    ),
    (
        "ansi",
        "INSERT INTO tab1 SELECT row_number() OVER (PARTITION BY a ORDER BY b DESC) AS rn, sum(x) OVER w AS s FROM tab2 WINDOW w AS (PARTITION BY c)",
        "tab2.a>tab1.rn tab2.b>tab1.rn tab2.x>tab1.s",
    ),
    (
        "postgres",
        "WITH RECURSIVE t(n, p) AS (SELECT id, parent FROM nodes UNION ALL SELECT t.p, nodes.id FROM nodes JOIN t ON t.n = nodes.parent) INSERT INTO out SELECT n, p FROM t",
        "nodes.id>out.n nodes.id>out.p nodes.parent>out.n nodes.parent>out.p",
    ),
    (
        "snowflake",
        "SELECT v.value:name::string AS name, t.id FROM db.t t, LATERAL FLATTEN(input => t.payload:items) v",
        "db.t.id>q.id db.t.payload>q.name",
    ),
    (
        "snowflake",
        "SELECT id, row_number() over (partition by id order by ts) rn FROM t QUALIFY rn = 1",
        "t.id>q.id t.id>q.rn t.ts>q.rn",
    ),
    (
        "snowflake",
        "MERGE INTO tgt t USING (SELECT id, max(v) AS mv FROM src GROUP BY id) s ON t.id=s.id WHEN MATCHED THEN UPDATE SET v = s.mv WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.mv)",
        "src.id>tgt.id src.v>tgt.v",
    ),
    (
        "bigquery",
        "SELECT s.a.b AS x, item.price FROM `proj.ds.t` s, UNNEST(s.items) AS item",
        "proj.ds.t.a>q.x proj.ds.t.items>q.price",
    ),
    (
        "bigquery",
        "SELECT * EXCEPT (b), c AS d FROM (SELECT a, b, c FROM t)",
        "t.a>q.a t.c>q.c t.c>q.d",
    ),
    (
        "bigquery",
        "SELECT * REPLACE (a + 1 AS a) FROM (SELECT a, b FROM t)",
        "t.a>q.a t.b>q.b",
    ),
    (
        "bigquery",
        "SELECT DATE_TRUNC(created, MONTH) AS m, TIMESTAMP_DIFF(a, b, DAY) AS d FROM t",
        "t.a>q.d t.b>q.d t.created>q.m",
    ),
    (
        "bigquery",
        "FROM t |> WHERE a > 1 |> EXTEND a + b AS c |> AGGREGATE SUM(c) AS s GROUP BY d",
        "t.a>q.s t.b>q.s t.d>q.d",
    ),
    ("duckdb", "FROM tbl SELECT a, b AS c", "tbl.a>q.a tbl.b>q.c"),
    (
        "duckdb",
        "SELECT a FROM t1 UNION ALL BY NAME SELECT b, a FROM t2",
        "t1.a>q.a t2.a>q.a t2.b>q.b",
    ),
    (
        "duckdb",
        "SELECT list_transform(l, x -> x + y) AS r FROM t",
        "t.l>q.r t.y>q.r",
    ),
    (
        "postgres",
        "INSERT INTO o SELECT a.x, e.elem FROM a CROSS JOIN LATERAL jsonb_array_elements(a.j) AS e(elem)",
        "a.j>o.elem a.x>o.x",
    ),
    (
        "postgres",
        "WITH ins AS (INSERT INTO t1 SELECT a FROM t0 RETURNING a) SELECT b FROM t2",
        "t0.a>t1.a t2.b>q.b",
    ),
    (
        "postgres",
        "SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, c",
        "t.a>q.a t.b>q.b",
    ),
    (
        "postgres",
        "SELECT (x.r).f AS f, x.arr[1] AS g FROM x",
        "x.arr>q.g x.r>q.f",
    ),
    (
        "ansi",
        "CREATE TABLE a (id int, x int); CREATE TABLE b (id int, y int); SELECT id, y FROM a JOIN b USING (id)",
        "a.id>q.id b.id>q.id b.y>q.y",
    ),
    (
        "ansi",
        "INSERT INTO t SELECT a AS x FROM s1 INTERSECT SELECT b FROM s2",
        "s1.a>t.x s2.b>t.x",
    ),
    (
        "trino",
        "SELECT n, t.id FROM t CROSS JOIN UNNEST(arr) AS u (n)",
        "t.arr>q.n t.id>q.id",
    ),
    ("redshift", "SELECT a AS b, b + 1 AS c FROM t", "t.a>q.b t.a>q.c"),
    (
        "databricks",
        "CREATE OR REPLACE TABLE cat.s.t USING delta AS SELECT a, upper(b) AS b FROM cat.s.u",
        "cat.s.u.a>cat.s.t.a cat.s.u.b>cat.s.t.b",
    ),
    (
        "databricks",
        "CREATE TABLE s (id int, v int); MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        "s.id>t.id s.v>t.v",
    ),
    (
        "clickhouse",
        "CREATE MATERIALIZED VIEW mv TO dst AS SELECT a, sumIf(b, c > 0) AS s FROM src GROUP BY a",
        "src.a>dst.a src.a>mv.a src.b>dst.s src.b>mv.s src.c>dst.s src.c>mv.s",
    ),
    (
        "oracle",
        "SELECT a.x, NVL(b.y, 0) AS y FROM a, b WHERE a.id = b.id(+)",
        "a.x>q.x b.y>q.y",
    ),
    (
        "ansi",
        "INSERT INTO tab1 SELECT * FROM tab2 t2 WHERE EXISTS (SELECT 1 FROM tab3 WHERE tab3.id = t2.id)",
        "tab2.*>tab1.*",
    ),
    (
        "ansi",
        "CREATE TABLE t AS SELECT CASE WHEN a > (SELECT avg(b) FROM s2) THEN c ELSE d END AS e FROM s1",
        "s1.a>t.e s1.c>t.e s1.d>t.e s2.b>t.e",
    ),
    (
        "snowflake",
        "CREATE TABLE sales (emp int, amount int, month text); SELECT * FROM sales PIVOT(SUM(amount) FOR month IN ('JAN', 'FEB')) AS p (emp, j, f)",
        "sales.amount>q.f sales.amount>q.j sales.emp>q.emp",
    ),
    (
        "snowflake",
        "CREATE TABLE t1 (a int); CREATE TABLE t2 CLONE t1",
        "t1.a>t2.a",
    ),
    (
        "sqlite",
        "INSERT INTO t SELECT json_extract(j, '$.a') AS a, e.value FROM s, json_each(s.arr) e",
        "s.arr>t.value s.j>t.a",
    ),
    (
        "ansi",
        "SELECT t.* , u.c FROM t JOIN u ON t.id=u.id",
        "t.*>q.* u.c>q.c",
    ),
    (
        "ansi",
        "WITH a AS (SELECT * FROM x), b AS (SELECT id, v FROM a) SELECT b.v, a.w FROM a JOIN b ON a.id=b.id",
        "x.v>q.v x.w>q.w",
    ),
    (
        "snowflake",
        "INSERT ALL INTO t1 (a) VALUES (x) INTO t2 (b) VALUES (y) SELECT x, y FROM s",
        "s.x>t1.a s.y>t2.b",
    ),
    ("ansi", "INSERT INTO t (a, b) VALUES (1, 2)", ""),
    (
        "tsql",
        "INSERT INTO t1 (a) SELECT b FROM t2; \nGO\nCREATE VIEW dbo.v AS SELECT x FROM dbo.y\nGO\n",
        "dbo.y.x>dbo.v.x t2.b>t1.a",
    ),
    (
        "postgres",
        "UPDATE t SET (a, b) = (SELECT x, y FROM s WHERE s.id = t.id)",
        "s.x>t.a s.y>t.b",
    ),
    (
        "ansi",
        "INSERT INTO tab1 SELECT ta.* FROM (SELECT x AS p, y FROM tab2) ta",
        "tab2.x>tab1.p tab2.y>tab1.y",
    ),
    (
        "hive",
        "FROM tab2 INSERT OVERWRITE TABLE tab1 SELECT col1, col2",
        "tab2.col1>tab1.col1 tab2.col2>tab1.col2",
    ),
    (
        "ansi",
        "INSERT INTO tab1 SELECT (col1), ((tab2.col2)) AS b FROM tab2",
        "tab2.col1>tab1.col1 tab2.col2>tab1.b",
    ),
    (
        "ansi",
        "INSERT INTO db1.tab1 SELECT db2.tab2.col1 FROM db2.tab2",
        "db2.tab2.col1>db1.tab1.col1",
    ),
    (
        "ansi",
        "INSERT INTO tab1 SELECT tab2.col1, y.col2 FROM tab2, (SELECT * FROM tab3) y",
        "tab2.col1>tab1.col1 tab3.col2>tab1.col2",
    ),
    (
        "postgres",
        "INSERT INTO tab1 SELECT col1::timestamp, col2::date::text AS x FROM tab2",
        "tab2.col1>tab1.col1 tab2.col2>tab1.x",
    ),
    (
        "ansi",
        "CREATE TABLE tab1 AS (WITH c AS (SELECT a FROM t) SELECT a FROM c)",
        "t.a>tab1.a",
    ),
];

#[test]
fn every_class_of_problem() {
    let mut wrong = String::new();
    for (dialect, sql, wanted) in CASES {
        let files = [SourceFile {
            path: "q.sql".to_owned(),
            text: (*sql).to_owned(),
        }];
        let facts = analyze(
            &files,
            &Options {
                dialect: dialect.parse().ok(),
            },
        );
        let mut found = BTreeSet::new();
        for object in &facts.objects {
            for edge in &object.lineage {
                let source = match &edge.source {
                    Target::Object { full_name, .. } => full_name,
                    Target::Unknown { name } => name,
                };
                found.insert(format!(
                    "{source}.{}>{}.{}",
                    edge.source_column.to_lowercase(),
                    object.full_name,
                    edge.target_column.to_lowercase()
                ));
            }
        }
        let found: Vec<String> = found.into_iter().map(|edge| edge.to_lowercase()).collect();
        let found = found.join(" ");
        let mut wanted: Vec<&str> = wanted.split_whitespace().collect();
        wanted.sort_unstable();
        if found != wanted.join(" ") || !facts.problems.is_empty() {
            wrong.push_str(&format!(
                "{dialect}: {sql}\n  wanted {wanted:?}\n  found  {found}\n  {:?}\n",
                facts.problems
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
