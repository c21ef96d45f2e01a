"""JupyterHub for one class: HTTPS, accounts that the instructor made, a server for each student.

A server is a process of the student's own account, or, if ``TLCOURSE_IMAGE`` names an image of
the Dockerfile, a container.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub defines it)

HERE = Path(__file__).resolve().parent
IMAGE = os.environ.get("TLCOURSE_IMAGE")
CERTIFICATE = Path(os.environ.get("TLCOURSE_CERTIFICATE", "certificate")).resolve()
DATASETS = Path(os.environ.get("TLCOURSE_DATASETS", "/srv/tlcourse-datasets"))
PORT, PLAIN_PORT = os.environ.get("TLCOURSE_PORTS", "443 80").split()

# HTTPS, and nothing else: the port of plain HTTP sends the browser there.
for file in ("key.pem", "certificate.pem"):
    if not (CERTIFICATE / file).is_file():
        sys.exit(f"There is no {CERTIFICATE / file}: deploy/README.md says how to make one.")
c.JupyterHub.bind_url = f"https://:{PORT}"
c.JupyterHub.ssl_key = str(CERTIFICATE / "key.pem")
c.JupyterHub.ssl_cert = str(CERTIFICATE / "certificate.pem")
c.ConfigurableHTTPProxy.command = ["configurable-http-proxy", "--redirect-port", PLAIN_PORT]

# Who: the accounts of this machine that make-accounts made, by their passwords, and no others.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.open_sessions = False
c.PAMAuthenticator.allowed_groups = {"tlcourse-students", "tlcourse-teachers"}
c.PAMAuthenticator.admin_groups = {"tlcourse-teachers"}

c.Spawner.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
c.Spawner.mem_limit = "2G"
c.Spawner.cpu_limit = 1
c.Spawner.start_timeout = c.Spawner.http_timeout = 180  # seconds: a class starts all at once
if IMAGE:
    c.JupyterHub.hub_ip = c.JupyterHub.hub_connect_ip = "172.17.0.1"  # for containers alone
    c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
    c.DockerSpawner.image = IMAGE
    c.DockerSpawner.remove = True
    c.DockerSpawner.notebook_dir = "/home/student/course"
    c.DockerSpawner.volumes = {
        "tlcourse-{username}": "/home/student/course",
        str(DATASETS): {"bind": "/srv/datasets", "mode": "ro"},
    }
else:
    c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
    c.Spawner.cmd = [str(HERE / "start-course")]
    c.Spawner.notebook_dir = "~/course"
    c.Spawner.environment = {"TLCOURSE_DATA": str(DATASETS)}

c.JupyterHub.concurrent_spawn_limit = 10
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"],
    }
]
