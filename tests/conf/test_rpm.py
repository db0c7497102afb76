"""The spec, built by Debian's rpm: the packages hold what `meson install` brings, and no more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.command import PROGRAM
from harness.site import REPOSITORY

SPEC = REPOSITORY / "conf/rpm/pam_wechat.spec"
SERVICES = Path("/etc/pam.d")
# Made by rpm, or by the spec itself.
BESIDES = re.compile(r"/usr/lib/(\.build-id|debug)(/|$)|/usr/share/licenses/|"
                     r"/usr/share/doc/pam_wechat/[A-Z]+\.md$")


def version() -> str:
    found = re.search(r"^ +version: '(.+)'", (REPOSITORY / "meson.build").read_text(),
                      re.MULTILINE)
    assert found is not None
    return found[1]


def copy_sources(to: Path) -> None:
    """What a release would hold: no folders of builds, no history."""
    def left_out(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if name in (".git", "__pycache__")
                or (Path(folder) / name / "meson-info").is_dir()
                or (Path(folder) == REPOSITORY and name.startswith("build"))}
    shutil.copytree(REPOSITORY, to, ignore=left_out, symlinks=True)


@dataclass
class Packages:
    folder: Path
    log: str
    files: dict[str, Path]  # by name of the package

    def ask(self, name: str, *words: str) -> list[str]:
        done = subprocess.run(["rpm", "-qp", "--dbpath", self.folder / "db", *words,
                               self.files[name]], check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    def script(self, name: str, tag: str) -> str:
        return "\n".join(self.ask(name, "--qf", f"%{{{tag}}}"))

    def places(self, name: str) -> dict[str, str]:
        """Mode and owner of each file and directory."""
        lines = self.ask(name, "--qf", "[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME} "
                                       "%{FILENAMES}\n]")
        return {line.split(" ", 3)[3]: " ".join(line.split(" ", 3)[:3]) for line in lines}


def rpmbuild(folder: Path, spec: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Everything in `folder`; `_docdir_fmt` as Fedora has it."""
    return subprocess.run(
        ["rpmbuild", *words, "--nodeps", "--define", f"_topdir {folder}", "--define",
         f"_dbpath {folder}/db", "--define", f"_tmppath {folder}/tmp", "--define",
         "_docdir_fmt %{NAME}", "--define", "_smp_mflags -j2", spec],
        # No ~/.rpmmacros of whoever runs the tests.
        env=os.environ | {"HOME": str(folder), "DESTDIR": ""}, cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture(scope="module")
def packages() -> Iterator[Packages]:
    with tempfile.TemporaryDirectory(prefix="pam_wechat-") as name:
        yield build_packages(Path(name).resolve())


def build_packages(folder: Path) -> Packages:
    name = f"pam_wechat-{version()}"
    copy_sources(folder / name)
    for part in ("SOURCES", "tmp"):
        (folder / part).mkdir()
    subprocess.run(["tar", "-C", folder, "-czf", folder / "SOURCES" / f"{name}.tar.gz", name],
                   check=True)
    done = rpmbuild(folder, folder / name / "conf/rpm/pam_wechat.spec", "-bb",
                    "--noclean")
    assert done.returncode == 0, done.stdout[-4000:]
    built = {path.name.split(f"-{version()}")[0]: path
             for path in (folder / "RPMS").rglob("*.rpm")}
    return Packages(folder, done.stdout, built)


@pytest.fixture(scope="module")
def installed(packages: Packages) -> dict[str, str]:
    """By meson, with the same options: rpm's own command line for it."""
    folder = packages.folder
    setup = re.search(r"^\+ .*?(meson setup .+)$", packages.log, re.MULTILINE)
    assert setup is not None
    assert f"-Dpamdir={libdir()}/security" in setup[1]
    build = folder / "build"
    command = [str(build) if word == "_build" else word for word in setup[1].split()]
    source = folder / f"pam_wechat-{version()}"
    subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", build], check=True, stdout=subprocess.DEVNULL)
    root = folder / "root"
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], check=True,
                   env=os.environ | {"DESTDIR": str(root)}, stdout=subprocess.DEVNULL)
    return {"/" + str(path.relative_to(root)): format(path.stat().st_mode & 0o777, "o")
            for path in root.rglob("*") if path.is_file()}


def libdir() -> str:
    return subprocess.run(["rpm", "--eval", "%{_libdir}"], check=True, capture_output=True,
                          text=True).stdout.strip()


def test_the_spec_has_the_version_of_the_project() -> None:
    assert re.search(rf"^Version: +{re.escape(version())}$", SPEC.read_text(), re.MULTILINE)


def test_the_spec_says_no_folder_of_libraries() -> None:
    commands = [line for line in SPEC.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in commands if re.search(r"/lib64|/usr/lib|multiarch|linux-gnu", line)] \
        == []


def test_there_are_two_packages(packages: Packages) -> None:
    assert {name for name in packages.files if not name.endswith(("debuginfo", "debugsource"))} \
        == {"pam_wechat", "pam_wechat-helper"}


def test_packages_hold_what_meson_installs(packages: Packages, installed: dict[str, str]) -> None:
    assert len(installed) > 20
    packed: dict[str, str] = {}
    for name in ("pam_wechat", "pam_wechat-helper"):
        places = {path: what for path, what in packages.places(name).items()
                  if not BESIDES.search(path) and not what.startswith("d")}
        assert not set(places) & set(packed)
        packed |= places
    modes = {"-rwxr-xr-x": "755", "-rw-r--r--": "644"}
    assert {path: modes.get(what.split()[0], what) for path, what in packed.items()} == installed
    assert {what.split(" ", 1)[1] for what in packed.values()} == {"root root"}


def test_each_package_holds_its_part(packages: Packages) -> None:
    module, helper = (packages.places(name) for name in ("pam_wechat", "pam_wechat-helper"))
    assert f"{libdir()}/security/pam_wechat.so" in module
    assert module["/etc/pam_wechat"] == "drwxr-xr-x root root"
    for path in ("/usr/sbin/pam-wechat-helper", "/usr/lib/sysusers.d/pam_wechat.conf",
                 "/usr/lib/tmpfiles.d/pam_wechat.conf",
                 "/usr/lib/systemd/system/pam-wechat-helper.socket"):
        assert path in helper
    assert "pam_wechat-helper" in " ".join(packages.ask("pam_wechat", "--requires"))
    # The helper has a part of its own in the world, without the module.
    assert not [line for line in packages.ask("pam_wechat-helper", "--requires")
                if re.match(r"pam_wechat\b(?!-helper)", line)]


def test_every_folder_of_ours_belongs_to_a_package(packages: Packages) -> None:
    """Or it would stay when the package goes."""
    for name in ("pam_wechat", "pam_wechat-helper"):
        places = packages.places(name)
        for path in places:
            for folder in Path(path).parents:
                if "pam_wechat" in folder.name:
                    assert places[str(folder)].startswith("d"), folder


def test_a_file_that_no_package_has_is_refused(packages: Packages) -> None:
    """By rpm itself; the install stage is enough, of what was built already."""
    folder = packages.folder
    spec = folder / "forgetful.spec"
    text = SPEC.read_text()
    line = "\n%{_tmpfilesdir}/pam_wechat.conf\n"
    assert text.count(line) == 1
    spec.write_text(text.replace(line, "\n"))
    done = rpmbuild(folder, spec, "-bi", "--short-circuit")
    assert done.returncode != 0
    assert "unpackaged" in done.stdout
    assert "   /usr/lib/tmpfiles.d/pam_wechat.conf\n" in done.stdout


def test_a_distribution_s_own_macros_win(folder: Path) -> None:
    """Imitations of Fedora's: the spec's own definitions are for systems that have none."""
    macros = folder / "macros"
    macros.write_text("""
%_unitdir /theirs/units
%_sysusersdir /theirs/sysusers
%_tmpfilesdir /theirs/tmpfiles
%meson their_meson . builds
%meson_build their_build
%meson_install their_install
%systemd_post() their_post %{?*}
%systemd_preun() their_preun %{?*}
%systemd_postun_with_restart() their_postun %{?*}
""")
    done = subprocess.run(["rpmspec", f"--load={macros}", "--define", "_libdir /theirs/lib", "-P",
                           SPEC], capture_output=True, text=True, env=os.environ |
                          {"HOME": str(folder)})
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("/theirs/units/pam-wechat-helper.service", "/theirs/sysusers/pam_wechat.conf",
                 "/theirs/tmpfiles/pam_wechat.conf", "/theirs/lib/security/pam_wechat.so",
                 "their_build", "their_install", "their_postun pam-wechat-helper.service",
                 "their_post pam-wechat-helper.socket pam-wechat-helper.service",
                 "their_preun pam-wechat-helper.socket pam-wechat-helper.service"):
        assert f"\n{line}\n" in done.stdout
    assert "\ntheir_meson . builds -Dtests=false" in done.stdout


def run_script(text: str, count: int, path: str = "/usr/bin:/bin") -> (
    subprocess.CompletedProcess[str]
):
    return subprocess.run(["/bin/sh", "-e", "-c", text, "script", str(count)], text=True,
                          capture_output=True, env={"PATH": path})


def test_scripts_start_and_stop_the_helper_s_units(packages: Packages, folder: Path) -> None:
    tools = folder / "tools"
    tools.mkdir()
    for name in ("systemctl", "systemd-sysusers", "systemd-tmpfiles"):
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{folder}/calls\n')
        (tools / name).chmod(0o755)
    path = f"{tools}:/usr/bin:/bin"
    units = "pam-wechat-helper.socket pam-wechat-helper.service"
    expected = {
        ("POSTIN", 1): ["systemd-sysusers /usr/lib/sysusers.d/pam_wechat.conf",
                        "systemd-tmpfiles --create /usr/lib/tmpfiles.d/pam_wechat.conf",
                        "systemctl daemon-reload", f"systemctl --no-reload preset {units}"],
        ("POSTIN", 2): ["systemd-sysusers /usr/lib/sysusers.d/pam_wechat.conf",
                        "systemd-tmpfiles --create /usr/lib/tmpfiles.d/pam_wechat.conf"],
        ("PREUN", 0): [f"systemctl --no-reload disable --now {units}"],
        ("PREUN", 1): [],
        ("POSTUN", 0): [],
        ("POSTUN", 1): ["systemctl daemon-reload",
                        "systemctl try-restart pam-wechat-helper.service"],
    }
    for (tag, count), calls in expected.items():
        (folder / "calls").write_text("")
        done = run_script(packages.script("pam_wechat-helper", tag), count, path)
        assert (done.returncode, done.stdout + done.stderr) == (0, ""), (tag, count)
        assert (folder / "calls").read_text().splitlines() == calls, (tag, count)


def test_the_module_stays_while_a_service_asks_for_it(packages: Packages) -> None:
    assert "PAM_WECHAT_SANDBOX" in os.environ, "run this test by tests/run, as root"
    script = packages.script("pam_wechat", "PREUN")
    assert_scripts_refuse(lambda count: run_script(script, count, f"{PROGRAM.parent}:/usr/bin:/bin"))


def test_debian_s_script_refuses_alike() -> None:
    assert "PAM_WECHAT_SANDBOX" in os.environ, "run this test by tests/run, as root"
    script = REPOSITORY / "debian/libpam-wechat.prerm"
    assert_scripts_refuse(lambda count: subprocess.run(
        ["/bin/sh", script, "upgrade" if count else "remove"], text=True, capture_output=True,
        env={"PATH": f"{PROGRAM.parent}:/usr/bin:/bin"}))


def assert_scripts_refuse(remove: Callable[[int], subprocess.CompletedProcess[str]]) -> None:
    service, included = SERVICES / "rpm-test", SERVICES / "rpm-test-included"
    try:
        service.write_text("# pam_wechat.so\nauth required pam_unix.so\n")
        assert remove(0).returncode == 0
        service.write_text("auth required pam_wechat.so\n")
        refused = remove(0)
        assert refused.returncode == 1
        assert "    pam-wechat disable rpm-test\n" in refused.stderr
        # An upgrade takes nothing away.
        assert remove(1).returncode == 0
        included.write_text("auth required pam_wechat.so\n")
        service.write_text("@include rpm-test-included\n")
        refused = remove(0)
        assert refused.returncode == 1
        assert f"    rpm-test asks by {included}:1\n" in refused.stderr
    finally:
        service.unlink()
        included.unlink(missing_ok=True)


def test_a_script_that_cannot_ask_removes_nothing(packages: Packages, folder: Path) -> None:
    script = packages.script("pam_wechat", "PREUN")
    assert run_script(script, 0, str(folder)).returncode != 0
