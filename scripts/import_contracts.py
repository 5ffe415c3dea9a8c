"""A kind of import contract that import-linter has not: what a package may import of others, by name.

https://import-linter.readthedocs.io/en/stable/custom_contract_types.html
"""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class AllowListContract(Contract):
    """The modules of `package` import, beside the standard library and each other, `allowed` packages alone."""

    type_name = "allow_list"

    package = fields.StringField()
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 - import-linter's form
        package = str(self.package)
        mine = {package, *graph.find_descendants(package)}
        known = {*self.allowed, *sys.stdlib_module_names}  # type: ignore[misc]
        wrong = sorted(
            (module, imported)
            for module in mine
            for imported in graph.find_modules_directly_imported_by(module)
            if imported not in mine and imported.partition(".")[0] not in known
        )
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for module, imported in check.metadata["wrong"]:
            output.print_error(f"{module} -> {imported}", bold=False)
