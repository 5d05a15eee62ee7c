//! What expressions say without being run: names, marks, lists of texts, conditions.

use ruff_python_ast::{Decorator, Expr, Stmt};
use ruff_text_size::Ranged;

use super::module::Mark;

/// `a.b.c`
pub(super) fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr)),
        _ => None,
    }
}

/// The dotted name of what is called, or of the thing itself.
pub(super) fn called(expr: &Expr) -> (Option<String>, Option<&ruff_python_ast::Arguments>) {
    match expr {
        Expr::Call(call) => (dotted(&call.func), Some(&call.arguments)),
        other => (dotted(other), None),
    }
}

/// The marks among decorators; `text` is what was parsed.
pub(super) fn marks(decorators: &[Decorator], text: &str) -> Vec<Mark> {
    decorators
        .iter()
        .filter_map(|decorator| mark(&decorator.expression, text))
        .collect()
}

/// `pytest.mark.x`, `mark.x(…)`, `unittest.skip(…)`.
pub(super) fn mark(expr: &Expr, text: &str) -> Option<Mark> {
    let (name, arguments) = called(expr);
    let name = name?;
    let is_unittest = matches!(
        name.trim_start_matches("unittest."),
        "skip" | "skipIf" | "skipUnless" | "expectedFailure"
    );
    let name = if is_unittest {
        name.trim_start_matches("unittest.").to_owned()
    } else {
        let (before, last) = name.rsplit_once('.')?;
        if before != "mark" && !before.ends_with(".mark") {
            return None;
        }
        last.to_owned()
    };
    let positional: &[Expr] = arguments.map_or(&[], |arguments| &arguments.args);
    let parametrize = (name == "parametrize").then(|| {
        let given = |nth: usize, name: &str| {
            positional
                .get(nth)
                .or_else(|| arguments.and_then(|arguments| Some(&arguments.find_keyword(name)?.value)))
        };
        let names = match given(0, "argnames") {
            Some(Expr::StringLiteral(text)) => text
                .value
                .to_str()
                .split(',')
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .collect(),
            Some(list) => texts_of(list).unwrap_or_default(),
            None => Vec::new(),
        };
        (names, given(1, "argvalues").and_then(count))
    });
    let texts = positional
        .iter()
        .filter_map(|argument| match argument {
            Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
            _ => None,
        })
        .collect();
    let written = match expr {
        Expr::Call(_) => text.get(expr.range().start().to_usize()..expr.range().end().to_usize()),
        _ => None,
    };
    Some(Mark {
        name,
        parametrize,
        texts,
        written: written.map(|written| written.split_whitespace().collect::<Vec<_>>().join(" ")),
    })
}

/// How many values a literal list has.
pub(super) fn count(expr: &Expr) -> Option<usize> {
    let items: &[Expr] = match expr {
        Expr::List(list) => &list.elts,
        Expr::Tuple(list) => &list.elts,
        Expr::Set(list) => &list.elts,
        Expr::Call(call) if dotted(&call.func).as_deref() == Some("range") => {
            return match &*call.arguments.args {
                [end] => number(end),
                [start, end] => Some(number(end)?.saturating_sub(number(start)?)),
                _ => None,
            };
        }
        _ => return None,
    };
    let is_open = items.iter().any(|item| matches!(item, Expr::Starred(_)));
    (!is_open).then_some(items.len())
}

pub(super) fn number(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::NumberLiteral(number) => match &number.value {
            ruff_python_ast::Number::Int(int) => int.as_u64().and_then(|int| usize::try_from(int).ok()),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn texts_of(expr: &Expr) -> Option<Vec<String>> {
    let items: &[Expr] = match expr {
        Expr::List(list) => &list.elts,
        Expr::Tuple(list) => &list.elts,
        _ => return None,
    };
    Some(
        items
            .iter()
            .filter_map(|item| match item {
                Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
                _ => None,
            })
            .collect(),
    )
}

/// What a condition is, as far as it does not depend on where the tests run.
pub(super) fn truth(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::BooleanLiteral(literal) => Some(literal.value),
        Expr::NumberLiteral(_) => number(expr).map(|number| number > 0),
        Expr::Name(name) if name.id.as_str() == "TYPE_CHECKING" => Some(false),
        Expr::Attribute(attribute) if attribute.attr.as_str() == "TYPE_CHECKING" => Some(false),
        // `__name__ == "__main__"`
        Expr::Compare(compare) if dotted(&compare.left).as_deref() == Some("__name__") => Some(false),
        _ => None,
    }
}

pub(super) fn doc(body: &[Stmt]) -> Option<String> {
    let Stmt::Expr(first) = body.first()? else {
        return None;
    };
    let Expr::StringLiteral(text) = &*first.value else {
        return None;
    };
    let text = text.value.to_str();
    // As `inspect.cleandoc` does: the common indentation of all lines but the first is taken off.
    let indent = text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = text
        .lines()
        .enumerate()
        .map(|(nth, line)| {
            if nth == 0 {
                line.trim()
            } else {
                line.get(indent..).unwrap_or("").trim_end()
            }
        })
        .collect();
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

pub(super) fn is_module_skip(statement: &Stmt) -> bool {
    let Stmt::Expr(statement) = statement else {
        return false;
    };
    let (name, arguments) = called(&statement.value);
    matches!(name.as_deref(), Some("pytest.skip" | "skip"))
        && arguments.is_some_and(|arguments| arguments.find_keyword("allow_module_level").is_some())
}
