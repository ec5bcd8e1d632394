# What the stub of _glimt says beyond what the module tells of itself.

# The buffer protocol, as typing knows it (PEP 688).
_glimt\.(CodeStream|Image)\.__suffix__:
    def __buffer__(self, flags: int, /) -> memoryview: ...
