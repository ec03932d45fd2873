"""`python -m tests.prove.resume_server torch|tf <driver>`: a warm server for the proof of resume.

It is fwexp's own, but for the job "run", which is that of resume_run.py.
"""

import sys

from fwexp.runs import server

if __name__ == "__main__":
    server.JOBS["run"] = "tests.prove.resume_run:run"
    server.serve(sys.argv[1], driver=int(sys.argv[2]))
