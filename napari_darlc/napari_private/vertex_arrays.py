"""Drawing that leaves no vertex array enabled.

Vispy enables the arrays of a program when it draws it, and never disables them. Once their buffers
are deleted, as those of a layer that was removed are, drivers that fetch every enabled array read
memory that is not there when something else is drawn, and the process ends. Mesa's software
drivers do: remote desktops and virtual machines have them.
"""

from __future__ import annotations

from functools import wraps

from vispy.gloo import gl
from vispy.gloo.glir import GlirProgram


def disable_arrays_after_drawing() -> None:
    """Have vispy disable the vertex arrays of every program that it has drawn."""
    wrap_up = GlirProgram._post_draw
    if hasattr(wrap_up, "__wrapped__"):  # done before
        return

    @wraps(wrap_up)
    def wrap_up_and_disable(program: GlirProgram) -> None:
        wrap_up(program)
        for buffer, location, *_ in program._attributes.values():
            if buffer:
                gl.glDisableVertexAttribArray(location)

    GlirProgram._post_draw = wrap_up_and_disable
