//! A Python text read into what tests need of it. What stands around a syntax error still counts.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{
    ElifElseClause, ExceptHandler, Expr, PySourceType, Stmt, StmtClassDef, StmtFunctionDef,
};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::{Ranged, TextRange};

use super::expression::{called, doc, dotted, is_module_skip, mark, marks, texts_of, truth};
use super::module::{About, Class, Function, Item, Module, Scope};
use crate::Span;
use crate::lines::Lines;

/// How many errors of one file are told: they follow from each other.
const MAX_ERRORS: usize = 3;
/// How many definitions behind an error are read on their own.
const MAX_PIECES: usize = 2000;
/// How many texts of one function are kept, and how long one may be.
const MAX_TEXTS: usize = 200;
const MAX_TEXT_BYTES: usize = 20_000;

/// Reads a file. Call it on a thread with `STACK_BYTES` of stack.
pub(crate) fn read(text: &str) -> Module {
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let lines = Lines::of(text);
    let mut module = Module::default();
    for error in parsed.errors().iter().take(MAX_ERRORS) {
        let line = lines.line(error.location.start().to_usize());
        if module.errors.iter().all(|(known, _)| *known != line) {
            module
                .errors
                .push((line, format!("Python not understood: {}", error.error)));
        }
    }
    let reader = Reader {
        lines: &lines,
        text,
        base: 0,
    };
    let body = parsed.suite();
    module.is_skipped = body.iter().any(is_module_skip);
    reader.body(body, &mut module.scope);
    if let Some((line, _)) = module.errors.first() {
        after_error(text, lines.start(*line), &lines, &mut module.scope);
    }
    module
}

/// A bracket that is never closed swallows what follows: definitions that begin a line behind the error are read on
/// their own, and count where nothing of that name was found.
fn after_error(text: &str, from: usize, lines: &Lines, scope: &mut Scope) {
    let begins = |line: &str| {
        ["def ", "class ", "async def ", "@"]
            .iter()
            .any(|word| line.starts_with(word))
    };
    let mut starts = Vec::new();
    let mut at = from;
    let mut is_decorated = false;
    for line in text.get(from..).unwrap_or("").split_inclusive('\n') {
        if begins(line) && !is_decorated {
            starts.push(at);
        }
        is_decorated = line.starts_with('@');
        at += line.len();
    }
    for (nth, start) in starts.iter().enumerate().take(MAX_PIECES) {
        let end = starts.get(nth + 1).copied().unwrap_or(text.len());
        let piece = text.get(*start..end).unwrap_or("");
        let parsed = parse_unchecked_source(piece, PySourceType::Python);
        let reader = Reader {
            lines,
            text: piece,
            base: *start,
        };
        let mut own = Scope::default();
        reader.body(parsed.suite(), &mut own);
        for (name, item) in own.items {
            if scope.get(&name).is_none() {
                scope.set(&name, item);
            }
        }
    }
}

struct Reader<'a> {
    lines: &'a Lines,
    /// The text that was parsed.
    text: &'a str,
    /// Where in the file the text that was parsed begins.
    base: usize,
}

impl Reader<'_> {
    fn body(&self, body: &[Stmt], scope: &mut Scope) {
        for statement in body {
            self.statement(statement, scope);
        }
    }

    fn statement(&self, statement: &Stmt, scope: &mut Scope) {
        match statement {
            Stmt::FunctionDef(function) => {
                let item = Item::Function(Box::new(self.function(function)));
                scope.set(function.name.as_str(), item);
            }
            Stmt::ClassDef(class) => {
                scope.set(class.name.as_str(), Item::Class(Box::new(self.class(class))));
            }
            Stmt::If(branch) => match truth(&branch.test) {
                Some(true) => self.body(&branch.body, scope),
                known => {
                    // Either branch may count: the first definition of a name wins over those of the others.
                    let mut arms: Vec<&[Stmt]> = Vec::new();
                    if known.is_none() {
                        arms.push(&branch.body);
                    }
                    for ElifElseClause { test, body, .. } in &branch.elif_else_clauses {
                        match test.as_ref().map_or(Some(true), truth) {
                            Some(false) => {}
                            Some(true) => {
                                arms.push(body);
                                break;
                            }
                            None => arms.push(body),
                        }
                    }
                    for arm in arms.into_iter().rev() {
                        self.body(arm, scope);
                    }
                }
            },
            Stmt::Try(attempt) => {
                for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    self.body(&handler.body, scope);
                }
                self.body(&attempt.body, scope);
                self.body(&attempt.orelse, scope);
                self.body(&attempt.finalbody, scope);
            }
            Stmt::With(with) => self.body(&with.body, scope),
            Stmt::For(each) => {
                self.body(&each.body, scope);
                self.body(&each.orelse, scope);
            }
            Stmt::While(each) => self.body(&each.body, scope),
            Stmt::Import(import) => {
                for name in &import.names {
                    match &name.asname {
                        Some(known_as) => {
                            scope.set(known_as.as_str(), Item::Module(name.name.to_string()));
                        }
                        None => {
                            let first = name.name.split('.').next().unwrap_or("");
                            scope.set(first, Item::Module(first.to_owned()));
                        }
                    }
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |name| name.as_str());
                for name in &import.names {
                    if name.name.as_str() == "*" {
                        scope.stars.push((import.level, module.to_owned()));
                        continue;
                    }
                    let known_as = name.asname.as_ref().unwrap_or(&name.name);
                    let item = Item::From(import.level, module.to_owned(), name.name.to_string());
                    scope.set(known_as.as_str(), item);
                }
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.assign(target, &assign.value, scope);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assign(&assign.target, value, scope);
                }
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    if let Expr::Name(name) = target {
                        scope.items.retain(|(known, _)| known != name.id.as_str());
                    }
                }
            }
            _ => {}
        }
    }

    fn assign(&self, target: &Expr, value: &Expr, scope: &mut Scope) {
        if let Expr::Attribute(attribute) = target {
            // `test_x.__test__ = False`
            if attribute.attr.as_str() == "__test__"
                && let Some(owner) = dotted(&attribute.value)
                && let Some((_, item)) = scope.items.iter_mut().find(|(name, _)| *name == owner)
            {
                match item {
                    Item::Function(function) => function.about.test = truth(value),
                    Item::Class(class) => class.scope.test = truth(value),
                    _ => {}
                }
            }
            return;
        }
        let Expr::Name(name) = target else { return };
        let name = name.id.as_str();
        match name {
            "__test__" => scope.test = truth(value),
            "pytestmark" => {
                let marks = match value {
                    Expr::List(list) => list.elts.iter().filter_map(|one| mark(one, self.text)).collect(),
                    Expr::Tuple(list) => list.elts.iter().filter_map(|one| mark(one, self.text)).collect(),
                    one => mark(one, self.text).into_iter().collect(),
                };
                scope.marks = marks;
            }
            "__all__" | "collect_ignore" | "collect_ignore_glob" => {
                if let Some(list) = texts_of(value) {
                    scope.lists.push((name.to_owned(), list));
                }
            }
            _ => {
                let item = match value {
                    Expr::Lambda(_) => Item::Function(Box::new(Function {
                        about: self.about(target.range(), target.range(), target.range()),
                        ..Function::default()
                    })),
                    Expr::Name(_) | Expr::Attribute(_) => dotted(value).map_or(Item::Other, Item::Alias),
                    // `test_x = pytest.mark.slow(function)`
                    Expr::Call(call)
                        if mark(&call.func, self.text).is_some() && call.arguments.args.len() == 1 =>
                    {
                        dotted(&call.arguments.args[0]).map_or(Item::Other, Item::Alias)
                    }
                    _ => Item::Other,
                };
                scope.set(name, item);
            }
        }
    }

    fn about(&self, range: TextRange, name: TextRange, body: TextRange) -> About {
        let span = |range: TextRange| {
            Span::new(
                self.base + range.start().to_usize(),
                self.base + range.end().to_usize(),
            )
        };
        let (range, name, body) = (span(range), span(name), span(body));
        About {
            lines: (
                self.lines.line(name.start),
                self.lines.line(range.end.saturating_sub(1).max(body.start)),
            ),
            name,
            range,
            ..About::default()
        }
    }

    fn function(&self, function: &StmtFunctionDef) -> Function {
        let mut about = self.about(function.range, function.name.range, function.name.range);
        about.doc = doc(&function.body);
        about.marks = marks(&function.decorator_list, self.text);
        let mut texts = Texts::default();
        for statement in &function.body {
            texts.visit_stmt(statement);
        }
        for decorator in &function.decorator_list {
            texts.visit_expr(&decorator.expression);
        }
        let parameters = &function.parameters;
        let arguments = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .chain(&parameters.kwonlyargs)
            .filter(|argument| argument.default.is_none())
            .map(|argument| argument.parameter.name.to_string())
            .collect();
        let decorated = |names: &[&str]| {
            function.decorator_list.iter().any(|decorator| {
                let (name, _) = called(&decorator.expression);
                name.is_some_and(|name| names.contains(&name.rsplit('.').next().unwrap_or("")))
            })
        };
        Function {
            about,
            is_async: function.is_async,
            arguments,
            texts: texts.0,
            is_fixture: decorated(&["fixture", "yield_fixture"]),
            is_property: decorated(&["property", "cached_property"]),
        }
    }

    fn class(&self, class: &StmtClassDef) -> Class {
        let mut about = self.about(class.range, class.name.range, class.name.range);
        about.doc = doc(&class.body);
        about.marks = marks(&class.decorator_list, self.text);
        let mut scope = Scope::default();
        self.body(&class.body, &mut scope);
        let bases = class
            .arguments
            .iter()
            .flat_map(|arguments| &arguments.args)
            .filter_map(|base| match base {
                // `Generic[T]`
                Expr::Subscript(subscript) => dotted(&subscript.value),
                other => dotted(other),
            })
            .collect();
        let is_dataclass = class.decorator_list.iter().any(|decorator| {
            called(&decorator.expression).0.is_some_and(|name| {
                matches!(
                    name.as_str(),
                    "dataclass"
                        | "dataclasses.dataclass"
                        | "attr.s"
                        | "attrs.define"
                        | "attr.define"
                        | "define"
                )
            })
        });
        Class {
            about,
            bases,
            scope,
            is_dataclass,
        }
    }
}

/// Collects the texts of a function.
#[derive(Default)]
struct Texts(Vec<String>);

impl<'a> Visitor<'a> for Texts {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::StringLiteral(text) = expr {
            let text = text.value.to_str();
            if !text.is_empty()
                && text.len() <= MAX_TEXT_BYTES
                && self.0.len() < MAX_TEXTS
                && !self.0.iter().any(|known| known == text)
            {
                self.0.push(text.to_owned());
            }
        }
        walk_expr(self, expr);
    }
}
