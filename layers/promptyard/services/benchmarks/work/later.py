"""What is no failure: a message that cannot be worked on yet."""


class Later(Exception):
    """The message is to be delivered again after so long. It stays in the queue, rather than being sent anew: what is
    delivered twice would be sent twice, and twice again."""

    def __init__(self, seconds: float, *, exact: bool = False) -> None:
        """`exact`: it waits for what nobody else waits for, however long that takes."""
        super().__init__()
        self.seconds = seconds
        self.exact = exact
