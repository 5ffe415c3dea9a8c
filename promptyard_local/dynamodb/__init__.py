"""DynamoDB inside this process: the methods of boto3's client over ordered partitions in memory, written through to the
journal. No request is made, signed, sent or parsed; each expression is parsed once.

What DynamoDB refuses is refused with its code; what this engine does not know raises NotImplementedError. Moto and the
tests' random operations are its referees.
"""
