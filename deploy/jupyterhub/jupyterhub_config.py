"""JupyterHub for one class: a container a student, limits, shared data that nobody can change."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub defines it)

IMAGE = os.environ.get("TLCOURSE_IMAGE", "tlcourse")
DATASETS = Path(os.environ.get("TLCOURSE_DATASETS", "/srv/tlcourse-datasets"))

c.JupyterHub.hub_ip = "0.0.0.0"
c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.JupyterHub.authenticator_class = "firstuseauthenticator.FirstUseAuthenticator"
c.FirstUseAuthenticator.create_users = False
c.Authenticator.allowed_users = set(os.environ.get("TLCOURSE_STUDENTS", "").split())
c.Authenticator.admin_users = set(os.environ.get("TLCOURSE_TEACHERS", "").split())

c.DockerSpawner.image = IMAGE
c.DockerSpawner.remove = True
c.DockerSpawner.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
c.DockerSpawner.notebook_dir = "/home/student/course"
c.DockerSpawner.volumes = {
    "tlcourse-{username}": "/home/student/course",
    str(DATASETS): {"bind": "/srv/datasets", "mode": "ro"},
}
c.DockerSpawner.mem_limit = "2G"
c.DockerSpawner.mem_guarantee = "800M"
c.DockerSpawner.cpu_limit = 1

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
