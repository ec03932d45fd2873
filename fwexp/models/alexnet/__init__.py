"""AlexNet: five convolutions, three poolings, three dense layers."""
