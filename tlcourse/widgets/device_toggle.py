"""Choose the device that computes."""

from tlcourse import devices as machine
from tlcourse.widgets.choice import Choice


class DeviceToggle(Choice):
    """cpu, cuda and mps; those that this machine lacks are shown, disabled, and say why.

    ``value`` is "cpu", "cuda" or "mps", at first the fastest; ``devices`` is a sequence of Device,
    by default those of this machine.
    """

    def __init__(self, value=None, devices=None):
        devices = machine.devices() if devices is None else devices
        reasons = {d.name: d.reason for d in devices if not d.available}
        available = {d.name for d in devices} - set(reasons)
        fastest = next((name for name in ("cuda", "mps", "cpu") if name in available), None)
        super().__init__("Device", [d.name for d in devices], value or fastest, reasons)
