//! Python tests, as pytest would list them.

use expect_test::{Expect, expect};

use super::analysis::{files, show};
use super::symbols::describe;
use crate::{Options, analyze, tests};

fn check(fixture: &str, expect: Expect) {
    let files = files(fixture);
    expect.assert_eq(&show(&tests(&files)));
}

/// Only the ids.
fn ids(fixture: &str) -> Vec<String> {
    tests(&files(fixture))
        .objects
        .into_iter()
        .map(|test| test.full_name)
        .collect()
}

#[test]
fn functions_classes_and_what_they_say() {
    check(
        r#"//- tests/test_a.py
"""Module."""
import pytest
pytestmark = pytest.mark.slow

@pytest.fixture
def test_data(): return 1

@pytest.mark.parametrize("a,b", [(1, 2), (3, 4)])
@pytest.mark.parametrize("c", range(3))
@pytest.mark.xfail(reason="x")
async def test_one(a, b, c, tmp_path, default=1):
    """First line.

    More.
    """

def helper(): pass

class TestGroup:
    @pytest.mark.usefixtures("db")
    def test_in_group(self, client): pass
    def other(self): pass
    class TestInner:
        def test_deep(self): pass
    @property
    def test_property(self): pass

class TestMade:
    def __init__(self): pass
    def test_never(self): pass

class TestOff:
    __test__ = False
    def test_never(self): pass

if True:
    def test_guarded(): pass
if __name__ == "__main__":
    def test_main(): pass
test_alias = test_one
test_none = None
del test_none
//- tests/helper.py
def test_no(): pass
"#,
        expect![[r#"
            test tests/test_a.py::test_alias tests/test_a.py:11-15 {"async":true,"cases":6,"fixtures":["tmp_path"],"framework":"pytest","marks":["parametrize","slow","xfail"],"parametrize":[{"count":2,"names":["a","b"]},{"count":3,"names":["c"]}]}
              "First line.

            More."
            test tests/test_a.py::test_one tests/test_a.py:11-15 {"async":true,"cases":6,"fixtures":["tmp_path"],"framework":"pytest","marks":["parametrize","slow","xfail"],"parametrize":[{"count":2,"names":["a","b"]},{"count":3,"names":["c"]}]}
              "First line.

            More."
            test tests/test_a.py::TestGroup::test_in_group tests/test_a.py:21-21 {"class":"TestGroup","fixtures":["client","db"],"framework":"pytest","marks":["slow","usefixtures"]}
            test tests/test_a.py::TestGroup::TestInner::test_deep tests/test_a.py:24-24 {"class":"TestGroup::TestInner","framework":"pytest","marks":["slow"]}
            test tests/test_a.py::test_guarded tests/test_a.py:37-37 {"framework":"pytest","marks":["slow"]}
        "#]],
    );
}

#[test]
fn inheritance_across_files() {
    assert_eq!(
        ids(
            "//- tests/base.py\nimport unittest\nclass Base(unittest.TestCase):\n  def test_inherited(self): pass\n  def helper(self): pass\nclass Mixin:\n  def test_mixed(self): pass\nclass TestShared:\n  def test_shared(self): pass\n//- tests/test_x.py\nfrom .base import Base, Mixin, TestShared\nimport tests.base as b\nclass Case(Base, Mixin):\n  def test_own(self): pass\nclass Plain(Mixin):\n  def test_not_named_test(self): pass\nclass TestPlain(b.Mixin): pass\nclass TestError(Exception):\n  def test_no(self): pass\n//- tests/test_star.py\nfrom tests.base import *\n"
        ),
        [
            "tests/test_star.py::Base::test_inherited",
            "tests/test_star.py::TestShared::test_shared",
            "tests/test_x.py::Base::test_inherited",
            "tests/test_x.py::TestShared::test_shared",
            "tests/test_x.py::Case::test_inherited",
            "tests/test_x.py::Case::test_mixed",
            "tests/test_x.py::Case::test_own",
            "tests/test_x.py::TestPlain::test_mixed",
        ]
    );
}

#[test]
fn the_configuration_of_the_project_counts() {
    let body = "def test_a(): pass\ndef check_b(): pass\nclass TestC:\n  def check_d(self): pass\nclass CheckE:\n  def check_f(self): pass\n";
    let all = |config: &str| {
        ids(&format!(
            "{config}//- t/check_x.py\n{body}//- t/test_y.py\n{body}//- other/test_z.py\n{body}//- build/test_w.py\n{body}"
        ))
    };
    assert_eq!(
        all(
            "//- setup.cfg\n[tool:pytest]\npython_files = check_*.py\n   z.py\npython_classes = Check\npython_functions = check_*\ntestpaths = t\n"
        ),
        ["t/check_x.py::check_b", "t/check_x.py::CheckE::check_f"]
    );
    assert_eq!(
        all(
            "//- pyproject.toml\n[tool.pytest.ini_options]\npython_functions = [\"check_\"]\ntestpaths = [\"other\"]\n"
        ),
        ["other/test_z.py::check_b", "other/test_z.py::TestC::check_d"]
    );
    assert_eq!(
        all("//- tox.ini\n[pytest]\naddopts = -q --ignore=other\n"),
        ["t/test_y.py::test_a"]
    );
}

#[test]
fn a_syntax_error_costs_only_itself() {
    check(
        "//- test_broken.py\ndef test_good():\n    pass\n\ndef test_bad(:\n    pass\n\nclass TestMore:\n    def test_after(self):\n        x = (\n\ndef test_last():\n    pass\n//- pyproject.toml\n[tool\n",
        expect![[r#"
            test test_broken.py::test_good test_broken.py:1-2 {"framework":"pytest"}
            test test_broken.py::test_bad test_broken.py:4-5 {"framework":"pytest"}
            test test_broken.py::TestMore::test_after test_broken.py:8-12 {"class":"TestMore","framework":"pytest"}
            test test_broken.py::test_last test_broken.py:11-12 {"framework":"pytest"}
            ! pyproject.toml:1 TOML not understood: unclosed table, expected `]`
            ! test_broken.py:4 Python not understood: Expected a parameter or the end of the parameter list
            ! test_broken.py:11 Python not understood: Expected an identifier, but found a keyword `def` that cannot be used here
        "#]],
    );
}

#[test]
fn texts_that_name_relations_are_dependencies() {
    let facts = analyze(
        &files(
            "//- schema.sql\ncreate table shop.orders (id int);\ncreate table lines (id int);\n//- test_sql.py\ndef test_orders(db):\n    db.query('select 1 from shop.orders o join lines l')\ndef test_named():\n    assert load('orders') and load('nothing')\n",
        ),
        &Options::default(),
    );
    let edges: Vec<String> = facts
        .objects
        .iter()
        .filter(|object| object.object_type == "test")
        .flat_map(|test| {
            test.dependencies
                .iter()
                .map(move |edge| format!("{} {} {:?}", test.name, edge.dependency_type, edge.target))
        })
        .collect();
    expect![[r#"
        test_orders mention Object { object_type: "table", full_name: "lines" }
        test_orders mention Object { object_type: "table", full_name: "shop.orders" }
        test_named mention Object { object_type: "table", full_name: "shop.orders" }"#]]
    .assert_eq(&edges.join("\n"));
}

#[test]
fn symbols_in_python() {
    let describe = |fixture| describe("t/test_a.py", fixture);
    assert_eq!(
        describe("class TestA:\n    def te$0st_b(self): pass"),
        "`test_b` test t/test_a.py::TestA::test_b"
    );
    assert_eq!(
        describe("def test_b():\n    load('shop.Or$0ders')"),
        "`shop.Orders` table shop.orders"
    );
    assert_eq!(describe("def test_b():\n    load('so$0me words')"), "nothing");
    assert_eq!(
        describe("def test_b(:\n    load('ord$0ers')"),
        "`orders` table orders"
    );
}
