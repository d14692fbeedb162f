"""terminal.py COMMAND...: runs COMMAND on a terminal of 33 x 101, types what stands on stdin line by line, each when its turn has come.

A line "TEXT<TAB>LINE" waits until TEXT was printed (since the last line was typed), then types LINE; "size ROWS COLUMNS" as LINE resizes.
Prints all that came, exits with the command's exit code.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LIMIT = 60


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    steps = [line.rstrip("\n").split("\t") for line in sys.stdin if line.strip()]
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    resize(fd, 33, 101)
    heard, since, ends = b"", b"", time.monotonic() + LIMIT
    while time.monotonic() < ends:
        if select.select([fd], [], [], 1)[0]:
            try:
                piece = os.read(fd, 65536)
            except OSError:
                break
            if not piece:
                break
            heard += piece
            since += piece
        if steps and steps[0][0].encode() in since:
            typed = steps.pop(0)[1]
            since = b""
            if typed.startswith("size "):
                resize(fd, *map(int, typed.split()[1:]))
            else:
                os.write(fd, typed.encode() + b"\r")
    if time.monotonic() >= ends:
        os.kill(pid, signal.SIGKILL)
    sys.stdout.write(heard.decode(errors="replace"))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if steps:
        print("never asked for:", steps)
        return 99
    return code


sys.exit(main())
