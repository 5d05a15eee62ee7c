//! Real WebDAV servers: WsgiDAV, Apache's mod_dav, rclone. Each on a port of the loopback over a folder of its
//! own, with a password; what it saw and what lies on its disk can be looked at.

use std::{
    collections::HashMap,
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use crate::{apache, eventually, set_up::kill_group};

/// User and password on all of them.
pub const USER: &str = "sharer";
/// The password.
pub const PASSWORD: &str = "a password: with \u{e4}";
/// The server's folder for everything.
const PREFIX: &str = "/dav";

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// WsgiDAV (Python).
    WsgiDav,
    /// Apache's mod_dav.
    Apache,
    /// rclone serve webdav.
    Rclone,
}

/// A running server; it ends with this value.
pub struct Dav {
    kind: Kind,
    port: u16,
    process: Option<Child>,
    folder: tempfile::TempDir,
}

const WSGIDAV: &str = r#"
import sys
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp
port, root, log, user, password = int(sys.argv[1]), sys.argv[2], open(sys.argv[3], "a", buffering=1), sys.argv[4], sys.argv[5]
app = WsgiDAVApp({"host": "127.0.0.1", "port": port, "provider_mapping": {"/dav": root}, "verbose": 1, "lock_storage": True,
    "property_manager": True, "http_authenticator": {"domain_controller": None, "accept_basic": True, "accept_digest": False,
    "default_to_digest": False}, "simple_dc": {"user_mapping": {"*": {user: {"password": password}}}}})
def logged(environ, start):
    def begin(status, headers, info=None):
        log.write("%s %s %s\n" % (environ["REQUEST_METHOD"], environ["PATH_INFO"], status.split()[0]))
        return start(status, headers, info) if info else start(status, headers)
    return app(environ, begin)
server = wsgi.Server(("127.0.0.1", port), logged, numthreads=12)
server.start()
"#;

const APACHE: &str = r#"
Listen 127.0.0.1:PORT
LoadModule dav_module MODULES/mod_dav.so
LoadModule dav_fs_module MODULES/mod_dav_fs.so
LogFormat "%m %U %>s" plain
CustomLog RUN/requests.log plain
DavLockDB RUN/locks
DavMinTimeout 1
Alias /dav ROOT
<Directory ROOT>
  Dav On
  AuthType Basic
  AuthName dav
  AuthUserFile RUN/users
  Require valid-user
</Directory>
"#;

/// The programs by name, set up once.
fn programs() -> &'static HashMap<String, PathBuf> {
    static PROGRAMS: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    PROGRAMS.get_or_init(|| crate::set_up::programs("webdav.sh"))
}

impl Dav {
    /// Starts a server over an empty folder.
    pub fn start(kind: Kind) -> Dav {
        let folder = tempfile::Builder::new()
            .prefix("metasync-dav-")
            .tempdir()
            .unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut dav = Dav {
            kind,
            port,
            process: None,
            folder,
        };
        for part in ["root", "run"] {
            std::fs::create_dir(dav.folder.path().join(part)).unwrap();
        }
        open_to_all(dav.folder.path());
        dav.run();
        dav
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PREFIX}", self.port)
    }

    /// What lies on its disk.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Lines of what it was asked so far.
    pub fn log(&self) -> Vec<String> {
        let name = if self.kind == Kind::Rclone {
            "server.out"
        } else {
            "requests.log"
        };
        let bytes = std::fs::read(self.folder.path().join("run").join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Ends it, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            kill_group(process.id());
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it again at the same port, over the same folder.
    pub fn run(&mut self) {
        let (run, root) = (self.folder.path().join("run"), self.root());
        let out = File::options()
            .create(true)
            .append(true)
            .open(run.join("server.out"))
            .unwrap();
        let mut command = self.command(&run, &root);
        command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        self.process = Some(command.spawn().unwrap());
        let answers = || std::net::TcpStream::connect(("127.0.0.1", self.port)).ok();
        let started = eventually(Duration::from_secs(30), answers);
        let said = std::fs::read_to_string(run.join("server.out")).unwrap_or_default();
        assert!(started.is_some(), "{:?} does not start: {said}", self.kind);
    }

    fn command(&self, run: &Path, root: &Path) -> Command {
        let program = |name: &str| Command::new(&programs()[name]);
        match self.kind {
            Kind::WsgiDav => {
                let script = run.join("serve.py");
                std::fs::write(&script, WSGIDAV).unwrap();
                let mut command = program("wsgidav");
                command
                    .arg(script)
                    .arg(self.port.to_string())
                    .arg(root)
                    .arg(run.join("requests.log"));
                command.args([USER, PASSWORD]);
                command
            }
            Kind::Apache => {
                let rest = APACHE
                    .replace("PORT", &self.port.to_string())
                    .replace("ROOT", &root.display().to_string());
                let command = apache::command(&programs()["apache"], run, (USER, PASSWORD), &rest);
                open_to_all(self.folder.path());
                command
            }
            Kind::Rclone => {
                let mut command = program("rclone");
                command.args(["serve", "webdav"]).arg(root);
                command.args([
                    "--addr",
                    &format!("127.0.0.1:{}", self.port),
                    "--baseurl",
                    PREFIX,
                    "-v",
                ]);
                command.args(["--config", "/dev/null", "--user", USER, "--pass", PASSWORD]);
                command
            }
        }
    }
}

/// Apache's workers are another user.
fn open_to_all(folder: &Path) {
    let permissions = |path: &Path| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(if path.is_dir() { 0o777 } else { 0o666 });
        std::fs::set_permissions(path, mode).unwrap();
    };
    permissions(folder);
    for part in ["root", "run"] {
        permissions(&folder.join(part));
    }
    let users = folder.join("run/users");
    if users.exists() {
        permissions(&users);
    }
}

impl Drop for Dav {
    fn drop(&mut self) {
        self.kill();
    }
}
