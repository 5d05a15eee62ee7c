//! Python tests, as pytest would list them.

use expect_test::{Expect, expect};

use super::analysis::{files, show};
use super::symbols::describe;
use crate::{FoundTests, Memo, Options, TestSearch, analyze, tests, tests_below};

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

/// The tests below a folder; files below `lib/` exist and are not given.
fn below(base: &str, fixture: &str) -> FoundTests {
    let all = files(fixture);
    let python = all.iter().filter(|file| file.path.ends_with(".py"));
    let paths = python.map(|file| file.path.clone()).collect();
    let given: Vec<_> = all
        .into_iter()
        .filter(|file| !file.path.starts_with("lib/"))
        .collect();
    let search = TestSearch { base, paths: &paths };
    tests_below(&mut Memo::default(), &given, search, &|_, _| true).unwrap()
}

fn below_ids(base: &str, fixture: &str) -> Vec<String> {
    let found = below(base, fixture).facts.objects;
    found.into_iter().map(|test| test.full_name).collect()
}

#[test]
fn tests_of_a_release_are_listed_where_they_are_written() {
    let fixture = r#"//- t/suite/test_a.py
class TestBase:
  def test_inherited(self): pass
class TestChild(TestBase):
  def test_own(self): pass
def test_f(): pass
test_g = test_f
//- t/suite/test_b.py
from .test_a import TestBase, test_f
from .mixin import Mixin
class TestMixed(Mixin): pass
//- t/suite/mixin.py
class Mixin:
  def test_mixed(self): pass
//- t/test_outside.py
def test_no(): pass
//- t/suite/build/test_c.py
def test_no(): pass
//- t/suite/deep/test_d.py
def test_deep(): pass
"#;
    assert_eq!(
        below_ids("t/suite", fixture),
        [
            "t/suite/deep/test_d.py::test_deep",
            "t/suite/test_a.py::TestBase::test_inherited",
            "t/suite/test_a.py::TestChild::test_own",
            "t/suite/test_a.py::test_f",
            "t/suite/test_b.py::TestMixed::test_mixed",
        ]
    );
    assert_eq!(below_ids("", fixture).len(), 6);
    assert_eq!(below_ids("nowhere", fixture).len(), 0);
    assert_eq!(below_ids("t/sui", fixture).len(), 0, "a folder, not a prefix");
}

#[test]
fn the_configuration_nearest_to_the_folder_counts_for_a_release() {
    let body = "def test_a(): pass\ndef check_a(): pass\n";
    let with = |more: &str| {
        let fixture = format!("{more}//- t/suite/test_x.py\n{body}//- t/suite/check_x.py\n{body}");
        below_ids("t/suite", &fixture)
    };
    assert_eq!(with(""), ["t/suite/test_x.py::test_a"]);
    let root = "//- setup.cfg\n[tool:pytest]\npython_functions = check_*\ntestpaths = elsewhere\n";
    assert_eq!(with(root), ["t/suite/test_x.py::check_a"]);
    let near = "//- t/pytest.ini\n[pytest]\npython_files = check_*.py\n";
    assert_eq!(with(&format!("{root}{near}")), ["t/suite/check_x.py::test_a"]);
    let beside = "//- other/pytest.ini\n[pytest]\npython_files = nothing.py\n";
    assert_eq!(with(beside), ["t/suite/test_x.py::test_a"]);
}

#[test]
fn what_a_release_needs_beyond_its_folder_is_named() {
    let found = below(
        "t",
        "//- t/test_a.py\nfrom lib.base import Base\nclass TestA(Base): pass\n//- lib/base.py\nclass Base:\n  def test_far(self): pass\n//- lib/other.py\nx = 1\n//- lib/conftest.py\nx = 1\n",
    );
    assert_eq!(found.missing, ["lib/base.py"]);
    assert_eq!(found.files, ["t/test_a.py"]);
}

#[test]
fn marks_with_their_arguments_and_names_of_relations_are_kept() {
    let found = below(
        "",
        r#"//- test_a.py
import pytest
@pytest.mark.timeout(
    5,
)
@pytest.mark.smoke
def test_a(db):
    """Update of the orders, from nobody."""
    db.run('select 1 from Shop.Orders o join "lines" l on 1=1')
    load('stg_orders', 'x', 'no name!', 'a-b')
"#,
    );
    let test = &found.facts.objects[0];
    expect![[r#"{"fixtures":["db"],"framework":"pytest","mark_arguments":["pytest.mark.timeout( 5, )"],"marks":["smoke","timeout"]}"#]]
        .assert_eq(&test.metadata.to_string());
    let mentions = test.dependencies.iter();
    let mentions: Vec<String> = mentions
        .map(|d| format!("{} {:?}", d.dependency_type, d.target))
        .collect();
    expect![[r#"
        mention Unknown { name: "lines" }
        mention Unknown { name: "shop.orders" }
        mention Unknown { name: "stg_orders" }"#]]
    .assert_eq(&mentions.join("\n"));
}
