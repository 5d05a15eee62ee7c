//! A repository as large as one likes, made by `git fast-import`.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// What is in it.
pub const ABOUT: &str = "half of them SQL (each a table made from two others through a CTE and a join, 20 layers deep), \
                         the rest YAML, Markdown, CSV and Python in equal parts";

/// Layers of tables: each is made from the one before.
const LAYERS: usize = 20;

fn run(folder: &Path, arguments: &[&str]) -> Result<String> {
    let done = Command::new("git").args(arguments).current_dir(folder).output()?;
    ensure!(
        done.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// A bare repository.
pub struct Upstream {
    pub path: PathBuf,
    files: usize,
}

impl Upstream {
    /// Makes one of so many files.
    pub fn create(path: &Path, files: usize) -> Result<Upstream> {
        let upstream = Upstream {
            path: path.to_owned(),
            files,
        };
        std::fs::create_dir_all(path)?;
        upstream.git(&["init", "-q", "--bare", "-b", "main"])?;
        upstream.commit((0..files).map(|n| upstream.file(n, "")), None)?;
        Ok(upstream)
    }

    /// Commits another content of some SQL files; the commits before and after.
    pub fn change(&self, number: usize, files: usize) -> Result<(String, String)> {
        let before = self.git(&["rev-parse", "main"])?;
        let tables = self.files / 2;
        // In the last layer, where nothing depends on them, and here and there in the others.
        let changed = (0..files).map(|n| (tables * (n + 1) / files - 1 - number % 7) * 2);
        let more = format!(", {number} as changed_{number}");
        self.commit(changed.map(|n| self.file(n, &more)), Some("main"))?;
        Ok((before, self.git(&["rev-parse", "main"])?))
    }

    /// A bare clone beside it, which git alone keeps up to date.
    pub fn mirror(&self) -> Result<PathBuf> {
        let path = self.path.with_extension("mirror");
        let shown = path.display().to_string();
        self.git(&["clone", "-q", "--bare", "--no-local", ".", &shown])?;
        Ok(path)
    }

    /// Fetches into such a clone what changed, as the hub does.
    pub fn fetch_into(&self, mirror: &Path) -> Result<()> {
        let here = self.path.display().to_string();
        let fetch = [
            "-c",
            "gc.auto=0",
            "fetch",
            "-q",
            "--no-tags",
            &here,
            "+refs/heads/main:refs/heads/main",
        ];
        run(mirror, &fetch).map(drop)
    }

    /// Runs git here, to its end.
    pub fn git(&self, arguments: &[&str]) -> Result<String> {
        run(&self.path, arguments)
    }

    fn commit(&self, files: impl Iterator<Item = (String, String)>, from: Option<&str>) -> Result<()> {
        let mut import = Command::new("git")
            .args(["fast-import", "--quiet"])
            .current_dir(&self.path)
            .stdin(Stdio::piped())
            .spawn()?;
        let mut input = std::io::BufWriter::new(import.stdin.take().context("no stdin")?);
        write!(
            input,
            "commit refs/heads/main\ncommitter a <a@example.invalid> 1700000000 +0000\ndata 1\nx\n"
        )?;
        if let Some(from) = from {
            writeln!(input, "from refs/heads/{from}^0")?;
        }
        for (path, text) in files {
            write!(input, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())?;
        }
        input.flush()?;
        drop(input);
        ensure!(import.wait()?.success(), "git fast-import failed");
        Ok(())
    }

    /// Path and text of a file; every other one is SQL.
    fn file(&self, n: usize, more: &str) -> (String, String) {
        let folder = n / 200;
        if n.is_multiple_of(2) {
            return (
                format!("sql/{folder:04}/t_{:06}.sql", n / 2),
                self.table(n / 2, more),
            );
        }
        let text = |ending: &str, text: String| (format!("more/{folder:04}/f_{n:06}.{ending}"), text);
        match n / 2 % 4 {
            0 => text(
                "yml",
                format!(
                    "name: f_{n}\nvalues:\n  - {n}\n  - {}\nabout: Settings number {n}.\n",
                    n * 7
                ),
            ),
            1 => text(
                "md",
                format!(
                    "# Page {n}\n\nWhat table t_{:06} is good for, and who asked for it.\n",
                    n / 2
                ),
            ),
            2 => text(
                "csv",
                format!("id,name,amount\n{n},row {n},{}\n{},other,1\n", n * 3, n + 1),
            ),
            _ => text(
                "py",
                format!(
                    "def load_{n}(connection):\n    \"\"\"Loads number {n}.\"\"\"\n    return connection.run({n})\n"
                ),
            ),
        }
    }

    fn table(&self, n: usize, more: &str) -> String {
        let tables = (self.files / 2).max(1);
        let width = (tables / LAYERS).max(1);
        let name = |n: usize| format!("t_{n:06}");
        let mut text = format!("-- table {n}\ncreate table {} as\n", name(n));
        if n < width {
            let _ = writeln!(
                text,
                "select {n} as id, 'a' as name, 1.5 as amount, current_date as day{more}"
            );
            return text;
        }
        let (a, b) = (n - width, (n - width) / width * width + (n * 7919) % width);
        let _ = write!(
            text,
            "with base as (\n  select id, name, amount, day from {} where amount > {}\n),\nsums as (\n  select id, \
             sum(amount) as amount, count(*) as times from {} group by id\n)\nselect b.id, b.name, b.day,\n  case when \
             s.times > {} then b.amount + s.amount else b.amount end as amount{more}\nfrom base b\nleft join sums s on \
             s.id = b.id\n",
            name(a),
            n % 100,
            name(b),
            n % 10
        );
        text
    }
}
