"""An encoder classifier: transformer blocks over tokens, or over the patches of an image."""
