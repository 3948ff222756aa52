"""Sequence to sequence with attention (Luong et al., 2015): two LSTMs, and a decoder that looks back at the encoder."""

import torch
from torch import nn


class Seq2Seq(nn.Module):
    """Encoder, decoder, dot-product attention over the encoder's states."""

    def __init__(self, vocabulary: int = 10000, width: int = 256, layers: int = 2) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(vocabulary, width)
        self.target_embedding = nn.Embedding(vocabulary, width)
        self.encoder = nn.LSTM(width, width, layers, batch_first=True)
        self.decoder = nn.LSTM(width, width, layers, batch_first=True)
        self.combine = nn.Linear(2 * width, width)
        self.output = nn.Linear(width, vocabulary)

    def forward(self, source, target):
        memory, state = self.encoder(self.source_embedding(source))
        decoded, _ = self.decoder(self.target_embedding(target), state)
        scores = torch.softmax(decoded @ memory.transpose(1, 2), dim=-1)
        context = scores @ memory
        return self.output(torch.tanh(self.combine(torch.cat((context, decoded), dim=-1))))


class Steps(nn.Module):
    """The same idea unrolled in time (Sutskever et al., 2014): three words are read, three are written."""

    def __init__(self, vocabulary: int = 10000, width: int = 256) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(vocabulary, width)
        self.target_embedding = nn.Embedding(vocabulary, width)
        self.encoder = nn.LSTMCell(width, width)
        self.decoder = nn.LSTMCell(width, width)
        self.output = nn.Linear(width, vocabulary)

    def forward(self, a, b, c, start, w, x):
        state = None
        for word in (a, b, c):
            state = self.encoder(self.source_embedding(word), state)
        written = []
        for word in (start, w, x):
            state = self.decoder(self.target_embedding(word), state)
            written.append(self.output(state[0]))
        return tuple(written)


def steps() -> Steps:
    """Inputs six times (1,), int64: the words a, b, c, then the start of the sentence and the words w, x."""
    return Steps()


def seq2seq() -> Seq2Seq:
    """Two layers of width 256."""
    return Seq2Seq()
