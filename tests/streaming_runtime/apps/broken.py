raise ValueError("broken when imported")
