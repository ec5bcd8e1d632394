# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""A module per family. `benchmarks()` yields {"name", "note", "columns": [(Column, {row: maker})]}."""
