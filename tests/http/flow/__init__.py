"""Flow control: keys that hold tasks back."""
