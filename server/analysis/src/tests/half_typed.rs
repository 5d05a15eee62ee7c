//! What is offered in text of which the rest is not typed yet.

use super::completions::complete;

#[test]
fn names_of_columns_in_unfinished_sql() {
    let cases = [
        // a parenthesis, a CASE and a quote that nobody closed yet
        (
            "select count($0 from {{ ref('a') }}",
            "columns of [ref a] and [] \"\"",
        ),
        (
            "select coalesce(x.$0\nfrom {{ ref('a') }} x",
            "columns of [ref a] and [] \"\"",
        ),
        (
            "with q as (select sum(x.$0 from {{ ref('a') }} x) select * from q",
            "columns of [ref a] and [] \"\"",
        ),
        (
            "select case when $0 from {{ ref('a') }}",
            "columns of [ref a] and [] \"\"",
        ),
        (
            "select x.\"Or$0 from {{ ref('a') }} x",
            "columns of [ref a] and [] \"Or\"",
        ),
        (
            "select x.\"Or$0\nfrom {{ ref('a') }} x where x.\"Id\" > 1",
            "columns of [ref a] and [] \"Or\"",
        ),
        (
            "select x.\"$0\" from {{ ref('a') }} x",
            "columns of [ref a] and [] \"\"",
        ),
        // FROM among the arguments of a function is none
        (
            "select extract(year from x), $0 from {{ ref('a') }}",
            "columns of [ref a] and [] \"\"",
        ),
        (
            "select sum(a is distinct from $0) from {{ ref('a') }}",
            "columns of [ref a] and [] \"\"",
        ),
        // no FROM yet: what the CTEs make
        (
            "with q as (select *, 1 as n from {{ ref('a') }}) select $0",
            "columns of [ref a] and [n] \"\"",
        ),
        ("select $0", "nothing"),
        // neither in comments nor in texts
        ("select 1 from {{ ref('a') }} x -- x.$0", "nothing"),
        ("select 1 /* x.$0 */ from {{ ref('a') }} x", "nothing"),
        ("select 'x.$0' from {{ ref('a') }} x", "nothing"),
    ];
    for (fixture, expected) in cases {
        assert_eq!(complete("m.sql", fixture), expected, "{fixture}");
    }
}

#[test]
fn names_of_columns_in_yaml() {
    let columns = "models:\n  - name: a\n    columns:\n      - name: ";
    for typed in ["$0", "'$0'", "\"$0\"", "\"$0"] {
        let fixture = format!("{columns}{typed}\n");
        assert_eq!(
            complete("s.yml", &fixture),
            "columns of [ref a] and [] \"\"",
            "{fixture}"
        );
    }
    let fixture = format!(
        "{columns}x\n        tests:\n          - relationships:\n              to: ref('b')\n              field: i$0\n"
    );
    assert_eq!(complete("s.yml", &fixture), "columns of [ref b] and [] \"i\"");
}
