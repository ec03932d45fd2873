"""The commands: one file per verb, argv in, text out.

They are named by "module:function", so that none is imported before it is needed.
"""

VERBS = {
    "sweep": "fwexp.commands.sweep:command",
    "status": "fwexp.commands.status:command",
    "cancel": "fwexp.commands.cancel:command",
    "report": "fwexp.commands.report:command",
    "sync": "fwexp.commands.sync:command",
    "publish": "fwexp.commands.publish:command",
    "parity": "fwexp.commands.parity:command",
    "doctor": "fwexp.commands.doctor:command",
}
RUN_ONE = "fwexp.commands.single_run:run_one"
RUN_MATRIX = "fwexp.commands.sweep:run_matrix"
