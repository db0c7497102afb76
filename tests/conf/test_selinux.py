"""The SELinux module, built by the policy's own Makefile: it can't be enforced here."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.site import BUILD, REPOSITORY

FOLDER = REPOSITORY / "conf/selinux"
MAKEFILE = "/usr/share/selinux/devel/Makefile"
TO_CIL = "/usr/libexec/selinux/hll/pp"
EXCHANGE, HELPER = "pam_wechat_exchange_t", "pam_wechat_helper_t"
SECRET, CONF, RUN = "pam_wechat_secret_t", "pam_wechat_conf_t", "pam_wechat_run_t"
HOSTS = {"sshd_t", "sshd_session_t", "local_login_t", "sudodomain", "user_su_t", "staff_su_t",
         "sysadm_su_t", "sysadm_t", "unconfined_t"}
ROLES = {"system_r", "user_r", "staff_r", "sysadm_r", "unconfined_r"}

Tree = list["str | Tree"]


@dataclass(frozen=True)
class Allow:
    source: str
    target: str
    kind: str
    permissions: frozenset[str]
    conditional: bool


class Module:
    """What was built, as CIL says it; blocks that are optional are part of it."""

    def __init__(self, folder: Path) -> None:
        package = folder / "pam_wechat.pp"
        self.cil = subprocess.run([TO_CIL, package, "-"], check=True, capture_output=True,
                                  text=True).stdout
        self.tree = _read(self.cil)
        self.allows = [
            Allow(line[1], line[1] if line[2] == "self" else line[2], line[3][0],
                  frozenset(line[3][1]), "booleanif" in [above[0] for above in path])
            for path, line in _lines(self.tree) if line[0] == "allow"
        ]
        self.contexts = folder / "contexts"
        subprocess.run(["semodule_unpackage", package, folder / "module", self.contexts],
                       check=True)

    def has(self, source: str, target: str, kind: str, permission: str) -> bool:
        return any((rule.source, rule.target, rule.kind) == (source, target, kind)
                   and permission in rule.permissions for rule in self.allows)

    def targets(self, source: str, kind: str, permission: str, conditional: bool) -> set[str]:
        return {rule.target for rule in self.allows if rule.source == source
                and rule.kind == kind and permission in rule.permissions
                and rule.conditional == conditional}

    def sources(self, target: str, kind: str, permission: str) -> set[str]:
        return {rule.source for rule in self.allows if rule.target == target
                and rule.kind == kind and permission in rule.permissions}

    def label(self, path: str) -> str:
        found = subprocess.run(["/usr/sbin/selabel_lookup", "-b", "file", "-f", self.contexts, "-k",
                                path], capture_output=True, text=True)
        context = re.search(r"system_u:object_r:(\w+):s0", found.stdout)
        return context[1] if context else "none"


def _read(text: str) -> Tree:
    stack: list[Tree] = [[]]
    for word in re.findall(r'"[^"]*"|[()]|[^\s()"]+', re.sub(r"(?m)^\s*;.*$", "", text)):
        if word == "(":
            stack.append([])
        elif word == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    assert len(stack) == 1
    return stack[0]


def _lines(tree: Tree, path: tuple[Tree, ...] = ()) -> Iterator[tuple[tuple[Tree, ...], Tree]]:
    for item in tree:
        if isinstance(item, list) and item:
            yield path, item
            yield from _lines(item, (*path, item))


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "-f", MAKEFILE, "pam_wechat.pp"], cwd=folder,
                          capture_output=True, text=True)


def sources_in(folder: Path) -> Path:
    for file in FOLDER.iterdir():
        shutil.copy(file, folder)
    return folder


@pytest.fixture(scope="module")
def module() -> Iterator[Module]:
    with tempfile.TemporaryDirectory(prefix="pam_wechat-") as name:
        folder = sources_in(Path(name))
        done = build(folder)
        assert done.returncode == 0, done.stdout + done.stderr
        yield Module(folder)


def test_the_module_is_built_without_a_warning(folder: Path) -> None:
    done = build(sources_in(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert "warning" not in done.stdout.lower()
    assert (folder / "pam_wechat.pp").stat().st_size > 0


@pytest.mark.parametrize("wrong", ["allow pam_wechat_helper_t no_such_t:file read;",
                                   "no_such_interface(pam_wechat_helper_t)"])
def test_building_finds_a_wrong_line(folder: Path, wrong: str) -> None:
    file = sources_in(folder) / "pam_wechat.te"
    file.write_text(f"{file.read_text()}\n{wrong}\n")
    assert build(folder).returncode != 0


# What Debian's policy does not have, or calls otherwise, and Fedora's has.
FEDORAS = ("init_nnp_daemon_domain", "auth_read_passwd")


def test_interfaces_that_only_other_policies_have_are_used_there(folder: Path) -> None:
    """A stand-in for them; what they really hold could not be tried."""
    text = "## <summary>Another policy.</summary>\n"
    for number, name in enumerate(FEDORAS):
        text += f"""
## <summary>Stands in.</summary>
## <param name="domain"><summary>Domain.</summary></param>
interface(`{name}',`
	allow $1 self:process {("ptrace", "execmem")[number]};
')
"""
    (sources_in(folder) / "fedora.if").write_text(text)
    (folder / "fedora.te").write_text("policy_module(fedora, 1.0.0)\n")
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    module = Module(folder)
    for permission in ("ptrace", "execmem"):
        assert module.has(HELPER, HELPER, "process", permission)


def test_each_rule_has_its_reason() -> None:
    """Each block of lines begins with a comment, or is what a comment above is about."""
    for name in ("pam_wechat.te", "pam_wechat.if"):
        explained = False
        for line in (FOLDER / name).read_text().splitlines():
            text = line.strip()
            if text == "":
                explained = False
            elif text.startswith("#"):
                explained = True
            elif re.match(r"(allow|role) ", text):
                assert explained or text.startswith("role $1"), line


def test_who_signs_people_in_becomes_the_exchange_by_running_it(module: Module) -> None:
    transitions = {(line[1], line[4]) for _, line in _lines(module.tree)
                   if line[0] == "typetransition" and line[3] == "process"
                   and line[2] == "pam_wechat_exchange_exec_t"}
    assert transitions == {(host, EXCHANGE) for host in HOSTS}
    for host in HOSTS:
        assert module.has(host, "pam_wechat_exchange_exec_t", "file", "execute")
        for permission in ("transition", "siginh", "rlimitinh", "sigkill"):
            assert module.has(host, EXCHANGE, "process", permission), (host, permission)
        assert not module.has(host, EXCHANGE, "process", "noatsecure")
        for kind, permission in (("fd", "use"), ("unix_stream_socket", "read"),
                                 ("unix_stream_socket", "write"), ("process", "sigchld")):
            assert module.has(EXCHANGE, host, kind, permission), (host, kind)
    roles = {line[1] for _, line in _lines(module.tree)
             if line[0] == "roletype" and line[2] == EXCHANGE}
    assert roles == ROLES | {"object_r"}


def test_each_host_is_optional_by_itself(module: Module) -> None:
    """A policy that has no sshd_session_t has sshd_t all the same."""
    for host in HOSTS:
        blocks = [path[-1] for path, line in _lines(module.tree)
                  if line == ["typeattributeset", "cil_gen_require", host]]
        (block,) = blocks
        assert block[0] == "optional"
        mentioned = {word for _, line in _lines(block) for word in line if isinstance(word, str)}
        assert mentioned & HOSTS == {host}


def test_secrets_are_for_hosts_alone(module: Module) -> None:
    assert module.sources(SECRET, "file", "read") == HOSTS
    assert module.sources(SECRET, "file", "write") == set()
    # They judge the directory that their own files are in.
    assert module.sources(SECRET, "dir", "search") == HOSTS | {EXCHANGE, HELPER}
    assert module.sources(SECRET, "dir", "read") == set()
    assert module.sources(CONF, "file", "read") == HOSTS | {EXCHANGE, HELPER}
    assert module.sources(CONF, "file", "write") == set()


def test_the_helper_listens_and_connects_to_nobody(module: Module) -> None:
    assert module.targets(HELPER, "tcp_socket", "name_bind", False) == {"http_cache_port_t"}
    assert module.targets(HELPER, "tcp_socket", "name_bind", True) == set()
    for conditional in (False, True):
        assert module.targets(HELPER, "tcp_socket", "name_connect", conditional) == set()
    assert module.targets(HELPER, "capability", "net_bind_service", False) == set()
    assert module.has(HELPER, RUN, "sock_file", "create")
    # To systemd: "I am ready".
    assert module.has(HELPER, "init_t", "unix_dgram_socket", "sendto")
    # The unit has NoNewPrivileges=yes.
    assert "\nNoNewPrivileges=yes\n" in (BUILD / "conf/pam-wechat-helper.service").read_text()
    assert module.has("init_t", HELPER, "process2", "nnp_transition")


def test_the_exchange_reaches_wechat_and_the_helper_and_listens_to_nobody(module: Module) -> None:
    assert module.targets(EXCHANGE, "tcp_socket", "name_connect", False) == {
        "http_port_t", "dns_port_t"}
    assert module.targets(EXCHANGE, "tcp_socket", "name_connect", True) == {
        "http_cache_port_t", "squid_port_t"}
    assert "(boolean pam_wechat_use_proxy false)" in module.cil
    assert module.targets(EXCHANGE, "tcp_socket", "listen", False) == set()
    assert module.targets(EXCHANGE, "tcp_socket", "name_bind", False) == set()
    assert module.has(EXCHANGE, HELPER, "unix_stream_socket", "connectto")
    assert module.has(EXCHANGE, RUN, "sock_file", "write")
    assert not module.has(EXCHANGE, RUN, "sock_file", "create")
    assert not module.has("init_t", EXCHANGE, "process", "transition")


@pytest.mark.parametrize("domain, expected", [
    (EXCHANGE, {"setgid", "setuid"}), (HELPER, {"chown", "setgid", "setuid", "sys_resource"})])
def test_capabilities_are_these_and_no_other(
    module: Module, domain: str, expected: set[str]
) -> None:
    assert set().union(*(rule.permissions for rule in module.allows
                         if rule.source == domain and rule.kind.startswith("cap"))) == expected


@pytest.mark.parametrize("domain", [EXCHANGE, HELPER])
def test_neither_runs_another_program(module: Module, domain: str) -> None:
    own = f"{domain.removesuffix('_t')}_exec_t"
    assert {rule.target for rule in module.allows if rule.source == domain
            and rule.permissions & {"execute", "execute_no_trans", "transition"}} == {own}
    assert not module.has(domain, own, "file", "execute_no_trans")


# What strace shows of logins, and what the unit needs, besides what the tests above are about.
NEEDS = [
    (EXCHANGE, EXCHANGE, "tcp_socket", "create connect read write getopt setopt getattr"),
    (EXCHANGE, EXCHANGE, "udp_socket", "create connect read write"),
    (EXCHANGE, EXCHANGE, "netlink_route_socket", "create bind nlmsg_read"),
    (EXCHANGE, EXCHANGE, "unix_stream_socket", "create connect read write"),
    (EXCHANGE, EXCHANGE, "fifo_file", "read write"),
    (EXCHANGE, "null_device_t", "chr_file", "read write"),
    (EXCHANGE, "cert_t", "file", "open read"),
    (EXCHANGE, "cert_t", "lnk_file", "read"),
    (EXCHANGE, "etc_t", "file", "open read"),
    (EXCHANGE, "net_conf_t", "file", "open read"),
    (EXCHANGE, "locale_t", "file", "open read"),
    (EXCHANGE, "sysctl_crypto_t", "file", "open read"),
    (EXCHANGE, "var_run_t", "dir", "getattr search"),
    (EXCHANGE, RUN, "dir", "getattr search"),
    (EXCHANGE, RUN, "sock_file", "getattr write"),
    (HELPER, HELPER, "process", "setrlimit"),
    (HELPER, HELPER, "fifo_file", "read write"),
    (HELPER, HELPER, "tcp_socket", "create bind listen accept read write getattr setopt"),
    (HELPER, HELPER, "unix_stream_socket", "create bind listen accept connectto getattr getopt"),
    (HELPER, HELPER, "unix_dgram_socket", "create write"),
    (HELPER, "node_t", "tcp_socket", "node_bind"),
    (HELPER, "netif_t", "netif", "ingress egress"),
    (HELPER, "node_t", "node", "recvfrom sendto"),
    (HELPER, "etc_t", "dir", "getattr search"),
    (HELPER, "etc_t", "file", "open read"),
    (HELPER, "locale_t", "file", "open read"),
    (HELPER, CONF, "dir", "open read search getattr"),
    (HELPER, "var_run_t", "dir", "getattr search"),
    (HELPER, RUN, "sock_file", "create setattr unlink getattr"),
    (HELPER, "init_runtime_t", "sock_file", "write"),
    ("init_t", HELPER, "process", "transition"),
    ("init_t", HELPER, "unix_stream_socket", "create bind listen"),
    ("init_t", RUN, "sock_file", "create unlink setattr"),
]


@pytest.mark.parametrize("source, target, kind, permissions", NEEDS)
def test_what_the_programs_need_is_allowed(
    module: Module, source: str, target: str, kind: str, permissions: str
) -> None:
    missing = [name for name in permissions.split()
               if not module.has(source, target, kind, name)]
    assert missing == []


def test_hosts_find_configuration_and_child(module: Module) -> None:
    for host in HOSTS:
        for target, kind, permission in (("etc_t", "dir", "search"), ("bin_t", "dir", "search"),
                                         (host, "unix_stream_socket", "create")):
            assert module.has(host, target, kind, permission), (host, target)


@pytest.mark.parametrize("kind, attributes", [
    (SECRET, {"file_type", "security_file_type"}), (CONF, {"file_type", "configfile"}),
    (RUN, {"file_type", "pidfile"}), (EXCHANGE, {"domain"}), (HELPER, {"domain", "daemon"}),
])
def test_types_are_what_they_are_called(
    module: Module, kind: str, attributes: set[str]
) -> None:
    found = {line[1] for _, line in _lines(module.tree)
             if line[0] == "typeattributeset" and kind in line[2]}
    assert attributes <= found
    # Such a file is for nobody who may read all other files.
    assert ("security_file_type" in found) == (kind == SECRET)
    assert ("non_security_file_type" in found) == (kind in (CONF, RUN))


@pytest.mark.parametrize("path, label", [
    ("/usr/sbin/pam-wechat-helper", "pam_wechat_helper_exec_t"),
    ("/usr/bin/pam-wechat-helper", "pam_wechat_helper_exec_t"),
    ("/usr/sbin/pam-wechat", "none"),
    ("/etc/pam_wechat", SECRET),
    ("/etc/pam_wechat/pam_wechat.conf", SECRET),
    ("/etc/pam_wechat/secret", SECRET),
    ("/etc/pam_wechat/users", SECRET),
    ("/etc/pam_wechat/.users.lock", SECRET),
    ("/etc/pam_wechat/whatever.else", SECRET),
    ("/etc/pam_wechat/helper.conf", CONF),
    ("/etc/pam_wechat/helper.conf.secret", SECRET),
    ("/etc/pam_wechat/MP_verify_0123456789abcdef.txt", CONF),
    ("/etc/pam_wechat/ca.pem", CONF),
    ("/etc/pam_wechat/pages/ask.html", CONF),
    ("/run/pam_wechat", RUN),
    ("/run/pam_wechat/helper.sock", RUN),
    ("/run/pam-wechat-helper/status.sock", RUN),
])
def test_files_get_their_labels(module: Module, path: str, label: str) -> None:
    assert module.label(path) == label


def test_the_exchange_is_labelled_where_it_is_installed(module: Module) -> None:
    path = re.search(r'PATH_EXCHANGE "(.+)"', (BUILD / "pam_wechat/paths.h").read_text())
    assert path is not None
    assert module.label(path[1]) == "pam_wechat_exchange_exec_t"
