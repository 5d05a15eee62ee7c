//! Real servers of git: Apache with git's http-backend behind TLS and a password, and OpenSSH's server with
//! keys. Each on a port of the loopback, with certificates and keys of its own.

use std::{
    collections::HashMap,
    fs::File,
    net::{TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use crate::{
    apache, eventually,
    set_up::{self, kill_group},
};

/// Who may read over https.
pub const USER: &str = "robot";
/// The password.
pub const TOKEN: &str = "t0ken-of-the-stories";
/// How long a server may take to start.
const START: Duration = Duration::from_secs(30);

const APACHE: &str = r#"
Listen 127.0.0.1:PORT https
LoadModule env_module MODULES/mod_env.so
LoadModule cgi_module MODULES/mod_cgi.so
LoadModule ssl_module MODULES/mod_ssl.so
SSLEngine on
SSLCertificateFile RUN/certificate.pem
SSLCertificateKeyFile RUN/key.pem
SSLSessionCache none
SetEnv GIT_PROJECT_ROOT RUN/root
SetEnv GIT_HTTP_EXPORT_ALL 1
SetEnv GIT_CONFIG_COUNT 1
SetEnv GIT_CONFIG_KEY_0 safe.directory
SetEnv GIT_CONFIG_VALUE_0 *
ScriptAlias /git/ BACKEND/
<Location /git/>
  AuthType Basic
  AuthName git
  AuthUserFile RUN/users
  Require valid-user
</Location>
"#;

const SSHD: &str = "
ListenAddress 127.0.0.1
Port PORT
HostKey RUN/host_key
PidFile RUN/sshd.pid
AuthorizedKeysFile RUN/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
";

/// A running server; it ends with this value.
pub struct GitServer {
    port: u16,
    process: Child,
    folder: tempfile::TempDir,
}

impl GitServer {
    /// Serves a bare copy of a repository over https to [`USER`] with [`TOKEN`].
    pub fn https(upstream: &Path) -> GitServer {
        let folder = folder();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        run(
            "git",
            &["clone", "-q", "--bare"],
            &[upstream, &root.join("shop.git")],
        );
        let key = folder.path().join("key.pem");
        let certificate = folder.path().join("certificate.pem");
        let mut openssl = Command::new("openssl");
        openssl
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
            ])
            .args(["-nodes", "-days", "30", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
            .arg("-keyout")
            .arg(key)
            .arg("-out")
            .arg(certificate);
        output(&mut openssl);
        let port = free_port();
        let rest = APACHE
            .replace(":PORT", &format!(":{port}"))
            .replace("BACKEND", &programs()["backend"].display().to_string());
        let command = apache::command(&programs()["apache"], folder.path(), (USER, TOKEN), &rest);
        open_to_readers(folder.path());
        GitServer::run(command, port, folder)
    }

    /// Lets whoever has [`GitServer::key`] run git as the user of this process, over ssh.
    pub fn ssh() -> GitServer {
        let folder = folder();
        for name in ["host_key", "client_key", "strangers_key"] {
            run(
                "ssh-keygen",
                &["-q", "-t", "ed25519", "-N", "", "-f"],
                &[&folder.path().join(name)],
            );
        }
        std::fs::copy(
            folder.path().join("client_key.pub"),
            folder.path().join("authorized_keys"),
        )
        .unwrap();
        let port = free_port();
        let known = |file: &str, key: &str| {
            let key = std::fs::read_to_string(folder.path().join(key)).unwrap();
            std::fs::write(folder.path().join(file), format!("[127.0.0.1]:{port} {key}")).unwrap();
        };
        known("known_hosts", "host_key.pub");
        known("known_others", "strangers_key.pub");
        let config = SSHD
            .replace("PORT", &port.to_string())
            .replace("RUN", &folder.path().display().to_string());
        let file = folder.path().join("sshd.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(&programs()["sshd"]);
        command.arg("-D").arg("-e").arg("-f").arg(file);
        GitServer::run(command, port, folder)
    }

    fn run(mut command: Command, port: u16, folder: tempfile::TempDir) -> GitServer {
        let said = folder.path().join("server.out");
        let out = File::create(&said).unwrap();
        let process = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .process_group(0)
            .spawn()
            .unwrap();
        let server = GitServer {
            port,
            process,
            folder,
        };
        let answers = || TcpStream::connect(("127.0.0.1", port)).ok();
        let said = || std::fs::read_to_string(&said).unwrap_or_default();
        assert!(eventually(START, answers).is_some(), "no server: {}", said());
        server
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A file of it: `certificate.pem`; `client_key`, which is let in, and `strangers_key`, which is not;
    /// `known_hosts`, and `known_others`, which holds another key for this host.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Brings the served copy up to date.
    pub fn publish(&self, upstream: &Path) {
        let copy = self.folder.path().join("root/shop.git");
        let git = ["--git-dir", &copy.display().to_string(), "fetch", "-q"].map(str::to_owned);
        let mut command = Command::new("git");
        output(command.args(git).arg(upstream).arg("+refs/heads/*:refs/heads/*"));
        open_to_readers(self.folder.path());
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        kill_group(self.process.id());
        let _ = self.process.wait();
    }
}

/// The programs by name, set up once.
fn programs() -> &'static HashMap<String, PathBuf> {
    static PROGRAMS: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    PROGRAMS.get_or_init(|| set_up::programs("git-servers.sh"))
}

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("metasync-git-")
        .tempdir()
        .unwrap()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn run(program: &str, arguments: &[&str], paths: &[&Path]) {
    output(Command::new(program).args(arguments).args(paths));
}

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{command:?}: {said}");
    String::from_utf8(done.stdout).unwrap()
}

/// Apache's workers are another user; keys stay the owner's alone, as ssh wants them.
fn open_to_readers(folder: &Path) {
    let mode = if folder.is_dir() { 0o755 } else { 0o644 };
    std::fs::set_permissions(folder, PermissionsExt::from_mode(mode)).unwrap();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_to_readers(&entry.path());
        } else {
            std::fs::set_permissions(entry.path(), PermissionsExt::from_mode(mode & 0o644)).unwrap();
        }
    }
}
