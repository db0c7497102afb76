"""
What OpenSSH's client makes of a server's text before it shows it, as its source has it. Tested here
against the ssh that is installed, and used for those that are not.
"""

from __future__ import annotations

# nl_langinfo(CODESET) of locales that dangerous_locale() in utf8.c lets pass, by Python's names.
_SAFE = {"UTF-8": "utf-8", "ANSI_X3.4-1968": "ascii"}
_KEPT = b"\n\r\t"
_MSGBUFSIZ = 1024


def question(data: bytes, codeset: str) -> bytes | None:
    """
    A prompt: asmprintf() in input_userauth_info_req() (sshconnect2.c), which is vasnmprintf() in
    utf8.c, here of revision 1.11 (2020). None: ssh gives up.
    """
    python = _SAFE.get(codeset)
    if python is None:
        return data if data.isascii() and _is_printable(data) else None
    shown = b""
    for character in data.decode(python, "surrogateescape"):
        raw = character.encode(python, "surrogateescape")
        if raw in (b"\n", b"\r", b"\t") or character.isprintable():
            shown += raw
        else:
            shown += b"".join(b"\\%03o" % byte for byte in raw)
    return shown


def remark_until_10_2(data: bytes) -> bytes:
    """
    What is said beside prompts up to 10.2: logit() and so do_log() in log.c, with
    strnvis(VIS_SAFE | VIS_OCTAL) into 1024 bytes, whatever the locale.
    """
    shown = b""
    for byte in data[:_MSGBUFSIZ - 1]:
        if byte == 0x5c:
            piece = b"\\\\"
        elif 0x20 <= byte < 0x7f or byte in b"\n\t\b\a\r":
            piece = bytes([byte])
        else:
            piece = b"\\%03o" % byte
        if len(shown) + len(piece) > _MSGBUFSIZ - 1:
            break
        shown += piece
    return shown[:_MSGBUFSIZ - 3] + b"\r\n"


def _is_printable(data: bytes) -> bool:
    return all(0x20 <= byte < 0x7f or byte in _KEPT for byte in data)
