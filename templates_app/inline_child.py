"""Run as a program by ``markup``: a page on stdin, the same with its styles in its elements on stdout.

A process of its own because the parser overflows its stack on some ten thousand nested elements, and a page of a few
kilobytes can make it build gigabytes (HTML's rule of reopening unclosed ``<b a1><b a2>…`` in every paragraph). Here
that ends this process and nothing else.
"""

import resource
import sys

import css_inline

_MAX_CPU_S = 2
#: Exit status: nothing is wrong with the page, but it has to stay as it is. Python itself ends with 1 or 2.
CANNOT_INLINE = 3
_MAX_MEMORY_BYTES = 768 * 1024 * 1024

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_S, _MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    page = sys.stdin.buffer.read().decode()
    # Nothing is fetched: neither <link> and @import over the network nor files; base_url stays unset.
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
    try:
        inlined = inliner.inline(page)
    except css_inline.InlineError:
        # A style that is no CSS, such as one that is wholly a variable.
        sys.exit(CANNOT_INLINE)
    sys.stdout.buffer.write(inlined.encode())
